/** @file The recipes of the two models that ship, clip-toy and pickscore-toy. */
export { captionedPictures, STAGES } from "./captions.ts";
export { type PretrainStage, pretrainClipToy } from "./clipToy.ts";
export { accuracyText, makePickscoreToy } from "./pickscoreToy.ts";
