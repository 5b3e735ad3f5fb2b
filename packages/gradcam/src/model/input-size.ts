/** @file Sizes of a network's input. */

/** Height and width of a network's input in pixels; one number for a square. */
export type InputSize = number | { width: number; height: number }
