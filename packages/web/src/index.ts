/** @file The public names of this package. */
export {};
