/** @file `gradcam colormaps`: the names that --colormap takes. */
import { colormapNames } from 'gradcam'
import { print } from '../terminal.ts'

export async function colormaps(): Promise<void> {
  await print(colormapNames.map((name) => `${name}\n`).join(''))
}
