/** @file Files that ONNX Runtime's own optimisers wrote. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession } from 'onnxruntime-node'

/** `extended` fuses operators; `all` lays channels out for this processor, too. */
export type Level = 'extended' | 'all'

/** A model as the runtime saves it once it has optimised it. */
export async function optimised(model: Uint8Array, level: Level): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'gradcam-optimised-'))
  const optimizedModelFilePath = join(folder, 'model.onnx')
  try {
    const session = await InferenceSession.create(model, {
      ...{ optimizedModelFilePath, graphOptimizationLevel: level, intraOpNumThreads: 1 },
      // it warns that files of level `all` are for this processor
      logSeverityLevel: 3,
    })
    await session.release()
    return await readFile(optimizedModelFilePath)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
