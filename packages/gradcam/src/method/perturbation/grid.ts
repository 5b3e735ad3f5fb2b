/** @file An image in parts: which part each pixel belongs to, and the simplest way to cut it, into cells. */

/** Which part each pixel belongs to, row by row; parts are counted from 0. */
export interface Segmentation {
  labels: Int32Array
  count: number
}

/** Rows and columns of at most `count` cells that are as square as can be. */
export function gridCells(height: number, width: number, count: number): { rows: number; columns: number } {
  const columns = Math.min(width, count, Math.max(1, Math.round(Math.sqrt((count * width) / height))))
  return { rows: Math.min(height, Math.floor(count / columns)), columns }
}

/** The cells of a grid. */
export function gridSegmentation(height: number, width: number, count: number): Segmentation {
  const { rows, columns } = gridCells(height, width, count)
  const labels = Int32Array.from({ length: height * width }, (_, at) => {
    const row = Math.floor((Math.floor(at / width) * rows) / height)
    return row * columns + Math.floor(((at % width) * columns) / width)
  })
  return { labels, count: rows * columns }
}
