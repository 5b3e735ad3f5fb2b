/** @file The page of network.test.ts: every case on the host of browsers, its answers sent back. */
import * as ort from 'onnxruntime-web/wasm'
import { webHost } from '../../src/web/index.ts'
import { answer, cases, type CaseName } from './cases.ts'

async function main(): Promise<void> {
  ort.env.wasm.wasmPaths = `${location.origin}/ort/`
  const host = webHost({ ort, font: (script, weight) => `/fonts/inter-${script}-${weight}-normal.woff` })
  const at = (file: string): string => `${location.origin}/${file}`
  const answers: Record<string, unknown> = {}
  for (const name of Object.keys(cases) as CaseName[]) {
    answers[name] = await answer(name, { host, at }).catch((error: unknown) => ({
      failed: error instanceof Error ? error.stack : String(error),
    }))
  }
  await fetch('/done', { method: 'POST', body: JSON.stringify(answers) })
}

main().catch(async (error: unknown) => {
  await fetch('/failed', { method: 'POST', body: error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error) })
})
