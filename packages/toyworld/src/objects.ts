/**
 * @file The objects of the toy world, most common first: `word`, then `= icon` if the icon has another name, then `: other words
 * for it`. Objects that are not listed are still found by the keywords of emojilib (see vocabulary.gen.json).
 */

/** The list as text, one object per line: the source from which vocabulary.gen.json is made. */
export const OBJECTS = `
cat : kitten, kitty
dog : puppy, hound, doggy
apple = red-apple
car = automobile : automobile, sedan
house : home, cottage, villa
tree = deciduous-tree : oak
flower = blossom : bloom, daisy
bird : songbird, robin
horse : pony, stallion, mare
boat = sailboat : sailboat, sailing boat, yacht
fish : goldfish, trout, salmon
book = closed-book : novel
chair : stool, armchair
ball = soccer-ball : football, soccer ball
cup = teacup-without-handle : teacup, bowl of tea
balloon : hot air balloon
butterfly : moth
robot : android
dragon : wyvern
castle : fortress, palace
guitar : electric guitar
bicycle : bike
rabbit : bunny, hare
bear : grizzly
rose
banana
strawberry
cake = birthday-cake : birthday cake
pizza : slice of pizza
hat = top-hat : top hat
bus : coach
train = locomotive : steam train, locomotive
airplane : aeroplane, plane, jet
rocket : spaceship, space ship, spacecraft
star : yellow star
umbrella : parasol
elephant
lion
tiger
fox
owl
penguin
frog : toad
turtle : tortoise
duck : duckling
monkey : ape, chimp
cow
pig : piglet
sheep = ewe : ewe, lamb
mushroom : toadstool
lemon
orange = tangerine : tangerine, mandarin, clementine
pear
bunch of grapes = grapes : grapes, grape
cherry = cherries
pineapple
watermelon : slice of watermelon
sunflower
tulip
cactus
palm tree = palm-tree : palm
clock = mantelpiece-clock : old clock
lamp = light-bulb : light bulb, lightbulb, bulb
key = old-key : old key
bell
crown : tiara
gift = wrapped-gift : present, wrapped gift
camera
telephone : phone
television : tv, telly
laptop : notebook computer, macbook
piano = musical-keyboard : keyboard instrument
trumpet
drum
truck = delivery-truck : lorry, van
motorcycle : motorbike
helicopter : chopper
ship = passenger-ship : cruise ship, ocean liner
tent
shoe = running-shoe : sneaker, trainer
shirt = t-shirt : t-shirt, tshirt, tee
dress : gown
backpack : rucksack, school bag
teddy bear = teddy-bear : teddy, stuffed bear
snowman
pumpkin = jack-o-lantern : jack-o-lantern, jack o lantern, halloween pumpkin
ghost : spook, phantom
alien : extraterrestrial, martian
unicorn
dinosaur = sauropod : sauropod, brontosaurus, dino
t-rex : t rex, trex, tyrannosaurus, tyrannosaur
whale = spouting-whale : spouting whale
dolphin
shark
octopus
crab
lobster
snail
bee = honeybee : honeybee, bumblebee
ladybug = lady-beetle : ladybird, lady beetle
spider
snake : serpent
crocodile : alligator
wolf
deer : fawn
giraffe
zebra
kangaroo
koala
panda
gorilla
camel = two-hump-camel : bactrian camel
dromedary = camel : one hump camel
goat
rooster : cockerel
chicken : hen
chick = baby-chick : baby chick
turkey
eagle : hawk, falcon
parrot : macaw
flamingo
peacock
swan
goose
dove : white dove
mouse = mouse-face : mouse face
rat
hamster
squirrel = chipmunk : chipmunk
hedgehog : porcupine
bat
beaver
otter
raccoon
skunk
sloth
badger
moose : elk
bison : buffalo
ox : bull
donkey : mule
llama : alpaca
rhinoceros : rhino
hippopotamus : hippo
mammoth
leopard : cheetah, jaguar
orangutan
poodle
polar bear = polar-bear
seal : sea lion
squid
shrimp : prawn
jellyfish
coral : coral reef
shell = spiral-shell : seashell, sea shell, conch
blowfish : pufferfish, puffer fish
tropical fish = tropical-fish
ant
beetle
caterpillar = bug : larva
housefly = fly
mosquito : gnat
cricket : grasshopper
scorpion
worm : earthworm
lizard : gecko
crow = blackbird : blackbird, raven
dodo
peach
mango
melon : honeydew
coconut
kiwi = kiwi-fruit : kiwi fruit, kiwifruit
tomato
avocado
eggplant : aubergine
potato
carrot
ear of corn = ear-of-corn : corn, maize, sweetcorn
pepper = bell-pepper : bell pepper, paprika
chili = hot-pepper : hot pepper, chilli, chile
cucumber
head of broccoli = broccoli : broccoli
head of garlic = garlic : garlic
onion
blueberry = blueberries
olive
lime
peanut = peanuts
chestnut
loaf of bread = bread : loaf, bread
croissant
baguette = baguette-bread : french bread
pretzel
bagel
stack of pancakes = pancakes : pancake
waffle
wedge of cheese = cheese-wedge : cheese, piece of cheese
egg
slice of bacon = bacon : bacon
hamburger : burger, cheeseburger
box of fries = french-fries : fries, french fries, chips
hot dog = hot-dog : hotdog
sandwich
taco
burrito
box of popcorn = popcorn : popcorn
piece of sushi = sushi : sushi
dumpling
cookie : biscuit
chocolate bar = chocolate-bar : bar of chocolate, chocolate
candy : bonbon
lollipop
honey pot = honey-pot : jar of honey
ice cream = ice-cream : sundae
ice cream cone = soft-ice-cream : soft ice cream, ice cream cornet
doughnut : donut
cupcake : muffin
pie
shortcake : slice of cake
glass of milk = glass-of-milk : milk
cup of coffee = hot-beverage : coffee, coffee cup, mug, cup of tea
teapot : kettle
wine glass = wine-glass : glass of wine, wine
cocktail = cocktail-glass : martini, cocktail glass
mug of beer = beer-mug : beer, beer mug, pint of beer
bubble tea = bubble-tea : boba
milkshake = cup-with-straw : cup with straw, soft drink, soda
juice box = beverage-box : carton of juice
champagne bottle = bottle-with-popping-cork : champagne, bottle of champagne
amphora : vase, urn
salt shaker = salt : salt
spoon
knife = kitchen-knife : kitchen knife
jar
bowl of noodles = steaming-bowl : ramen, noodle soup, noodles
plate of spaghetti = spaghetti : spaghetti, pasta
bowl of salad = green-salad : salad, green salad
pine tree = evergreen-tree : evergreen tree, fir, fir tree
christmas tree = christmas-tree : xmas tree
potted plant = potted-plant : houseplant, plant pot
bouquet : bunch of flowers
hibiscus
cherry blossom = cherry-blossom : sakura
lotus : water lily
hyacinth : lavender
clover = four-leaf-clover : four leaf clover, shamrock
maple leaf = maple-leaf
leaf = fallen-leaf : fallen leaf
sheaf of wheat = sheaf-of-rice : wheat
seedling : sprout
feather : quill
nest = nest-with-eggs : bird nest
rock : stone, boulder
log = wood : firewood, wood log
moon = crescent-moon : crescent moon
sun
planet = ringed-planet : saturn, ringed planet
comet : meteor
globe = globe-showing-europe-africa : earth, planet earth
cloud
rainbow
snowflake
campfire = fire : fire, flame, bonfire
volcano
mountain = mount-fuji : mount fuji, mt fuji
lightning bolt = high-voltage : lightning
wave = water-wave : water wave
drop = droplet : droplet, water drop, raindrop
tornado : whirlwind
hut : cabin, shack
church : chapel
mosque
temple = classical-building : greek temple, museum
pagoda = japanese-castle : japanese castle
factory
school : schoolhouse
hospital
tokyo tower = tokyo-tower : radio tower, eiffel tower
stadium : arena
circus tent = circus-tent : big top
ferris wheel = ferris-wheel : big wheel
carousel horse = carousel-horse : merry-go-round horse
roller coaster = roller-coaster : rollercoaster
fountain
statue = statue-of-liberty : statue of liberty
moai : easter island head
taxi : cab
police car = police-car
ambulance
fire engine = fire-engine : fire truck, firetruck
tractor
racing car = racing-car : race car, formula 1 car
pickup truck = pickup-truck : pickup
jeep = sport-utility-vehicle : suv
scooter = motor-scooter : moped, vespa
kick scooter = kick-scooter
skateboard
roller skate = roller-skate
tram
speedboat : motor boat, motorboat
canoe : kayak, rowing boat
ferry
anchor
parachute
flying saucer = flying-saucer : ufo
satellite
traffic light = vertical-traffic-light
fuel pump = fuel-pump : petrol pump, gas pump
wheel : tyre, tire
suitcase = luggage : luggage
barber pole = barber-pole
hourglass = hourglass-done : sand timer
alarm clock = alarm-clock
watch : wristwatch
stopwatch
compass
thermometer
desert island = desert-island : tropical island, island
bathtub : bath
bed
sofa = couch-and-lamp : couch, settee
door
window
mirror
toilet
broom
bucket : pail
basket : wicker basket
sponge
bar of soap = soap : soap
candle
flashlight : torch
lantern = red-paper-lantern : paper lantern, chinese lantern
battery
computer = desktop-computer : desktop computer, pc
keyboard
computer mouse = computer-mouse
printer
radio
microphone
pair of headphones = headphone : headset, headphone, headphones
saxophone
accordion
flute
banjo
pair of maracas = maracas : maracas, maraca
bongo = long-drum : long drum
musical note = musical-note : music note
video camera = movie-camera : movie camera
telescope
microscope
magnifying glass = magnifying-glass-tilted-left : magnifier
test tube = test-tube
magnet
gear : cogwheel
hammer
wrench : spanner
screwdriver
saw = carpentry-saw : handsaw
axe : hatchet
ladder
toolbox
lock = locked : padlock
pair of scissors = scissors : scissors
pencil
pen : ballpoint
paintbrush : paint brush, brush
crayon
palette = artist-palette : paint palette
ruler = straight-ruler
pushpin : thumbtack
envelope : letter
newspaper
notebook
stack of books = books
scroll : parchment
calendar
mailbox = closed-mailbox-with-raised-flag : letterbox
postbox : post box
package : parcel, cardboard box, box
briefcase
handbag : purse, shopping bag
money bag = money-bag : bag of money
coin : gold coin
diamond = gem-stone : gem, gemstone, jewel
ring : wedding ring, diamond ring
necktie : tie
pair of glasses = glasses : glasses, spectacles
pair of sunglasses = sunglasses : sunglasses
pair of jeans = jeans : jeans, trousers, pants
coat : jacket
scarf
pair of gloves = gloves : gloves, glove, mittens
pair of socks = socks : socks, sock
cap = billed-cap : baseball cap
sun hat = womans-hat : straw hat, ladies hat
boot = hiking-boot : hiking boot
high heel = high-heeled-shoe : high heels, stiletto
sandal = thong-sandal : flip flop
kimono
lipstick
comb = hair-pick
toothbrush
beach umbrella = umbrella-on-ground
shield
sword = dagger : dagger
bow = bow-and-arrow : bow and arrow, archer bow
bomb
trophy : winners cup
medal = sports-medal : gold medal
dartboard = bullseye : dart board, bullseye
basketball
baseball
tennis ball = tennis : tennis
volleyball
rugby ball = rugby-football : rugby football
american football = american-football
bowling ball = bowling : bowling, bowling pin
boxing glove = boxing-glove
ice skate = ice-skate
sled : sledge, sleigh
kite
yo-yo : yoyo
dice = game-die
puzzle = puzzle-piece : puzzle piece, jigsaw piece
chess pawn = chess-pawn : pawn
joystick
gamepad = video-game : game controller
crystal ball = crystal-ball
magic wand = magic-wand : wand
nesting doll = nesting-dolls : matryoshka, russian doll
piñata = piata : pinata
party popper = party-popper
ribbon
ball of yarn = yarn : yarn, ball of wool
spool of thread = thread : thread
mask = performing-arts : theatre mask, theater masks
framed picture = framed-picture : picture frame
heart = red-heart : love heart
skull
clown = clown-face
disco ball = mirror-ball : mirror ball
fairy = woman-fairy : pixie
wizard = man-mage : sorcerer, mage
witch = woman-mage : sorceress
mermaid = woman-merpeople
vampire = man-vampire : dracula
genie = man-genie : djinn
elf = woman-elf
astronaut : spaceman, cosmonaut
santa claus = santa-claus : santa, father christmas
princess
prince
ninja
detective
chef = cook
farmer
firefighter : fireman
police officer = police-officer : policeman, cop
pilot
scientist
singer
baby
boy
girl
man
woman
king = person-with-crown
superhero = man-superhero
`;
