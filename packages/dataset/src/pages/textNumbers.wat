;; Numbers for different texts. Made into textNumbers.wasm by scripts/make-wasm.ts.
;; The address of a text is that of its length, which is four bytes. Up to 7 bytes behind a text are read.
(module
  (import "pages" "memory" (memory $pages 1 32768 shared))
  ;; Different texts, one after the other: each a hash of 32 bits, its number, its length, its bytes, and room up to a multiple of 4 bytes.
  (import "texts" "memory" (memory $texts 1))
  ;; A hash table with open addressing: slots of 8 bytes, the hash and the address in $texts; a slot whose address is 0 is free.
  (import "slots" "memory" (memory $slots 1))
  ;; How many different texts there are, where the next one goes (the first 8 bytes hold none, so that no address is 0), and the number of slots less one.
  (global $size (mut i32) (i32.const 0))
  (global $end (mut i32) (i32.const 8))
  (global $mask (mut i32) (i32.const 0))

  ;; The first $length bytes of eight, $length being 0 ... 7, and zeros.
  (func $last (param $length i32) (param $bytes i64) (result i64)
    (i64.and (local.get $bytes)
      (i64.sub
        (i64.shl (i64.const 1) (i64.extend_i32_u (i32.shl (local.get $length) (i32.const 3))))
        (i64.const 1))))

  (func $mixed (param $hash i64) (param $bytes i64) (result i64)
    (local.set $hash (i64.mul (i64.xor (local.get $hash) (local.get $bytes)) (i64.const 0x9e3779b97f4a7c15)))
    (i64.xor (local.get $hash) (i64.shr_u (local.get $hash) (i64.const 32))))

  ;; A hash of the text at an address.
  (func $hashOf (param $text i32) (result i32)
    (local $hash i64) (local $length i32)
    (local.set $length (i32.load $pages (local.get $text)))
    (local.set $hash (i64.extend_i32_u (local.get $length)))
    (local.set $text (i32.add (local.get $text) (i32.const 4)))
    (block $rest
      (loop $eight
        (br_if $rest (i32.lt_u (local.get $length) (i32.const 8)))
        (local.set $hash (call $mixed (local.get $hash) (i64.load $pages (local.get $text))))
        (local.set $text (i32.add (local.get $text) (i32.const 8)))
        (local.set $length (i32.sub (local.get $length) (i32.const 8)))
        (br $eight)))
    (i32.wrap_i64
      (call $mixed (local.get $hash) (call $last (local.get $length) (i64.load $pages (local.get $text))))))

  ;; Whether the text at $a in $pages is the one whose length is at $b in $texts.
  (func $isText (param $a i32) (param $b i32) (result i32)
    (local $length i32)
    (local.set $length (i32.load $pages (local.get $a)))
    (if (i32.ne (local.get $length) (i32.load $texts (local.get $b))) (then (return (i32.const 0))))
    (local.set $a (i32.add (local.get $a) (i32.const 4)))
    (local.set $b (i32.add (local.get $b) (i32.const 4)))
    (block $rest
      (loop $eight
        (br_if $rest (i32.lt_u (local.get $length) (i32.const 8)))
        (if (i64.ne (i64.load $pages (local.get $a)) (i64.load $texts (local.get $b))) (then (return (i32.const 0))))
        (local.set $a (i32.add (local.get $a) (i32.const 8)))
        (local.set $b (i32.add (local.get $b) (i32.const 8)))
        (local.set $length (i32.sub (local.get $length) (i32.const 8)))
        (br $eight)))
    (i64.eq
      (call $last (local.get $length) (i64.load $pages (local.get $a)))
      (call $last (local.get $length) (i64.load $texts (local.get $b)))))

  ;; Writes the number of each of $count texts, whose addresses are at $from, from $to on; a new text gets the next number.
  ;; The result is how many were numbered: fewer when a text would fill the table by more than half, or $texts.
  (func (export "number") (param $from i32) (param $count i32) (param $to i32) (result i32)
    (local $done i32) (local $text i32) (local $hash i32) (local $slot i32) (local $known i32) (local $bytes i32)
    (block $full
      (loop $next
        (br_if $full (i32.ge_u (local.get $done) (local.get $count)))
        (local.set $text (i32.load $pages (local.get $from)))
        (local.set $hash (call $hashOf (local.get $text)))
        (local.set $slot (i32.and (local.get $hash) (global.get $mask)))
        (block $found
          (loop $probe
            (local.set $known (i32.load $slots offset=4 (i32.shl (local.get $slot) (i32.const 3))))
            (if (i32.eqz (local.get $known))
              (then
                (local.set $bytes (i32.add (i32.load $pages (local.get $text)) (i32.const 4)))
                (br_if $full
                  (i32.or
                    (i32.gt_u (i32.shl (global.get $size) (i32.const 1)) (global.get $mask))
                    ;; 24 bytes: the hash, the number, and what may be read behind a text.
                    (i64.gt_u
                      (i64.add (i64.extend_i32_u (local.get $bytes)) (i64.const 24))
                      (i64.sub
                        (i64.shl (i64.extend_i32_u (memory.size $texts)) (i64.const 16))
                        (i64.extend_i32_u (global.get $end))))))
                (local.set $known (i32.add (global.get $end) (i32.const 8)))
                (i32.store $texts (global.get $end) (local.get $hash))
                (i32.store $texts offset=4 (global.get $end) (global.get $size))
                (memory.copy $texts $pages (local.get $known) (local.get $text) (local.get $bytes))
                (i32.store $slots (i32.shl (local.get $slot) (i32.const 3)) (local.get $hash))
                (i32.store $slots offset=4 (i32.shl (local.get $slot) (i32.const 3)) (local.get $known))
                (global.set $end
                  (i32.and
                    (i32.add (i32.add (local.get $known) (local.get $bytes)) (i32.const 3))
                    (i32.const -4)))
                (global.set $size (i32.add (global.get $size) (i32.const 1)))
                (br $found)))
            (if (i32.eq (i32.load $slots (i32.shl (local.get $slot) (i32.const 3))) (local.get $hash))
              (then (br_if $found (call $isText (local.get $text) (local.get $known)))))
            (local.set $slot (i32.and (i32.add (local.get $slot) (i32.const 1)) (global.get $mask)))
            (br $probe)))
        (i32.store $pages (local.get $to) (i32.load $texts (i32.sub (local.get $known) (i32.const 4))))
        (local.set $from (i32.add (local.get $from) (i32.const 4)))
        (local.set $to (i32.add (local.get $to) (i32.const 4)))
        (local.set $done (i32.add (local.get $done) (i32.const 1)))
        (br $next)))
    (local.get $done))

  ;; How many different texts there are.
  (func (export "size") (result i32)
    (global.get $size))

  ;; Fills the table anew, with $count slots, a power of two for which $slots has room.
  (func (export "spread") (param $count i32)
    (local $at i32) (local $hash i32) (local $slot i32)
    (global.set $mask (i32.sub (local.get $count) (i32.const 1)))
    (memory.fill $slots (i32.const 0) (i32.const 0) (i32.shl (local.get $count) (i32.const 3)))
    (local.set $at (i32.const 8))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (global.get $end)))
        (local.set $hash (i32.load $texts (local.get $at)))
        (local.set $slot (i32.and (local.get $hash) (global.get $mask)))
        (block $free
          (loop $probe
            (br_if $free (i32.eqz (i32.load $slots offset=4 (i32.shl (local.get $slot) (i32.const 3)))))
            (local.set $slot (i32.and (i32.add (local.get $slot) (i32.const 1)) (global.get $mask)))
            (br $probe)))
        (i32.store $slots (i32.shl (local.get $slot) (i32.const 3)) (local.get $hash))
        (i32.store $slots offset=4 (i32.shl (local.get $slot) (i32.const 3)) (i32.add (local.get $at) (i32.const 8)))
        (local.set $at
          (i32.and
            (i32.add (i32.add (local.get $at) (i32.load $texts offset=8 (local.get $at))) (i32.const 15))
            (i32.const -4)))
        (br $next)))))
