/** @file The networks that come with gradcam. Today one: small, in this package, ready without a download. */
import { fileURLToPath } from 'node:url'

/** A network in the Hugging Face layout: `onnx/model.onnx`, `config.json`, `preprocessor_config.json`. */
export interface PackagedNetwork {
  name: string
  /** Absolute path of the network's folder. */
  directory: string
  /** The same folder as a URL that ends in `/`. */
  url: URL
}

const url = new URL('../embedded/', import.meta.url)

/**
 * The default network: an Inception network for 202 everyday classes, 64×64 input.
 *
 * @example
 * const net = await load(embedded.directory)
 */
export const embedded: PackagedNetwork = { name: 'inception-mini', directory: fileURLToPath(url), url }
