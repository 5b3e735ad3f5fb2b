/** @file What is given in place of an ONNX model: known by its first bytes, with the way from there to ONNX. */

/** What a file is, and what to do about it. */
export interface OtherFormat {
  /** "a Keras model (HDF5)" */
  what: string
  hint: string
}

const torch = 'export the network from Python: torch.onnx.export(model, example, "model.onnx")'
const keras = 'convert it: python -m tf2onnx.convert --keras model.h5 --output model.onnx'
const weights =
  'weights alone are no network: load them in Python and export that with torch.onnx.export, or optimum-cli export onnx --model FOLDER OUT'
const frozen = 'python -m tf2onnx.convert --graphdef model.pb --inputs image:0 --outputs scores:0 --output model.onnx'

/* oxlint-disable no-control-regex -- bytes are what is looked at */

/** How a file begins, as text of one character a byte; what it is; what to do. The first that fits. */
const beginnings: readonly (readonly [start: RegExp, what: string, hint: string])[] = [
  [/^\x89HDF\r\n\x1a\n/, 'a Keras model or weights (HDF5)', keras],
  [/^[^]{4}TFL3/, 'a TensorFlow Lite model', 'convert it: python -m tf2onnx.convert --tflite model.tflite --output model.onnx'],
  [/^[^]{4}ORTM/, "a model in ONNX Runtime's own format (.ort)", 'give the .onnx file that it was made of: the way back is not written'],
  [
    /^PK\x03\x04[^]{26}(?:metadata\.json|config\.json|model\.weights\.h5)/,
    'a Keras model (.keras)',
    'load it and export that: keras.saving.load_model("model.keras").export("model.onnx", format="onnx")',
  ],
  [
    /^PK\x03\x04[^]{26}[^/]{1,200}\/(?:data\.pkl|version|byteorder|\.format_version|\.data|constants\.pkl|code\/)/,
    'a PyTorch file (.pt, .pth)',
    torch,
  ],
  [/^PK\x03\x04[^]{26}[\w./-]{1,200}\.npy/, 'an archive of NumPy arrays (.npz)', weights],
  [
    /^PK[\x01-\x08]{2}/,
    'a ZIP archive (perhaps a PyTorch checkpoint)',
    'unpack it and give the .onnx file inside; a PyTorch network is exported with torch.onnx.export',
  ],
  [/^\x80[\x02-\x05](?:[}\]\x8a\x95cq]|\(|\x4b)/, "a Python pickle, as PyTorch's older .pt and .pth files", torch],
  [/^\x1f\x8b/, 'packed by gzip (.gz)', 'unpack it: gunzip model.onnx.gz'],
  [/^BZh[1-9]/, 'packed by bzip2 (.bz2)', 'unpack it: bunzip2 model.onnx.bz2'],
  [/^\xfd7zXZ\0/, 'packed by xz (.xz)', 'unpack it: unxz model.onnx.xz'],
  [/^\x28\xb5\x2f\xfd/, 'packed by Zstandard (.zst)', 'unpack it: unzstd model.onnx.zst'],
  [/^7z\xbc\xaf\x27\x1c/, 'a 7z archive', 'unpack it and give the .onnx file inside'],
  [/^Rar!\x1a\x07/, 'a RAR archive', 'unpack it and give the .onnx file inside'],
  [/^[^]{257}ustar/, 'a tar archive', 'unpack it: tar -xf FILE, and give the .onnx file inside'],
  [/^(?:ftrt|ptrt)/, 'a TensorRT engine', 'engines are built for one graphics card: give the .onnx file that it was built of'],
  [
    /^[^]{4}\{"[^]{0,180}(?:Ultralytics|"description")/,
    'a TensorRT engine of Ultralytics',
    'export the network again: yolo export model=best.pt format=onnx',
  ],
  [/^[^]{5}\0\0\0\{\s*"/, 'weights in the safetensors format', weights],
  [/^GGUF/, 'a GGUF file of a language model', weights],
  [/^RKNN/, 'a model for Rockchip processors', 'give the .onnx file that it was converted from'],
  [/^7767517\s/, 'a network of ncnn (.param)', 'give the .onnx file that it was converted from'],
  [/^\s*<\?xml[^]{0,120}<net\b|^\s*<net\b/, 'a network of OpenVINO (.xml)', 'give the .onnx file that it was converted from'],
  [/^\s*(?:<!doctype|<html|<\?xml|<head)/i, 'a web page (HTML)', 'the download went to a page: use the direct link of the file'],
  [/^\s*version https:\/\/git-lfs/, 'a Git LFS pointer, not the model itself', 'run `git lfs pull` where it came from'],
  [/^\x93NUMPY/, 'a NumPy array', 'give the .onnx file itself'],
  [/^(?:\x89PNG\r\n|\xff\xd8\xff|GIF8[79]a|RIFF[^]{4}WEBP)/, 'an image', 'give the .onnx file itself; photos are given to `explain()`'],
  [/^%PDF/, 'a PDF document', 'give the .onnx file itself'],
  [/^\s*[{[]/, 'JSON or text', 'give the .onnx file itself'],
  // SavedModel: schema version 1, then one MetaGraphDef of more than 16 kB
  [
    /^\x08\x01\x12[\x80-\xff]{2}/,
    'a TensorFlow SavedModel (.pb)',
    'convert its folder: python -m tf2onnx.convert --saved-model FOLDER --output model.onnx',
  ],
  // GraphDef: nodes with a name and an operator
  [/^\n[^]{1,3}\n[^]{1,2}[\w./:^-]{1,120}\x12[\x01-\x40][A-Z]\w+/, 'a frozen TensorFlow graph (.pb)', `convert it: ${frozen}`],
  // Core ML: version of the format, then a description whose first field is another message
  [
    /^\x08[\x01-\x0c]\x12(?:[\x03-\x7f]|[\x80-\xff]{1,3}[\x01-\x7f])\n[^]{1,3}\n/,
    'a Core ML model (.mlmodel)',
    'export the network from what it was trained in',
  ],
]

/** Where bytes say nothing: by the ending of the name. */
const endings: Readonly<Record<string, readonly [what: string, hint: string]>> = {
  h5: ['a Keras model', keras],
  keras: ['a Keras model', keras],
  pb: ['a TensorFlow graph', `convert it: ${frozen}`],
  pt: ['a PyTorch file', torch],
  pth: ['a PyTorch file', torch],
  bin: ['weights, or a network of OpenVINO without its graph', weights],
  engine: ['a TensorRT engine', 'give the .onnx file that it was built of'],
  trt: ['a TensorRT engine', 'give the .onnx file that it was built of'],
  mlmodel: ['a Core ML model', 'export the network from what it was trained in'],
  caffemodel: ["Caffe's weights", 'convert network and weights with caffe2onnx, or give the .onnx file'],
  weights: ["Darknet's weights", 'convert them to ONNX where the network was trained'],
  pdmodel: ['a network of Paddle', 'convert it: paddle2onnx --model_dir FOLDER --save_file model.onnx'],
  pdiparams: ["Paddle's weights", 'convert the network: paddle2onnx --model_dir FOLDER --save_file model.onnx'],
}

const looked = 512

/** What bytes are that are no ONNX model, by how they begin; undefined where that says nothing. */
export function otherFormat(bytes: Uint8Array): OtherFormat | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, looked))
  const found = beginnings.find(([pattern]) => pattern.test(start.replace(/^\xef\xbb\xbf/, '')))
  return found && { what: found[1], hint: found[2] }
}

/** What a file may be by its name. */
export function formatByName(name: string): OtherFormat | undefined {
  const ending = /\.([^./\\]+)$/.exec(name)?.[1]?.toLowerCase() ?? ''
  const found = Object.hasOwn(endings, ending) ? endings[ending] : undefined
  return found && { what: found[0], hint: found[1] }
}
