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
 * The default network: EfficientNet-Lite0 for ImageNet's 1000 classes, 224×224 input.
 *
 * @example
 * const net = await load(embedded.directory)
 */
export const embedded: PackagedNetwork = { name: 'efficientnet-lite0', directory: fileURLToPath(url), url }
