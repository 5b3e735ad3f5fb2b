/** @file Models as people have them (../shared/cases): the map of a colour, or of a box of that colour, lies on the square of that colour. */
import { expect, test } from 'vitest'
import type { Explanation } from '../../src/network.ts'
import { load } from '../../src/node/index.ts'
import { describeShared, sharedPath } from '../support/shared.ts'

const at = (...parts: string[]): string => sharedPath('cases', ...parts)

// corners in wide.png, by the README
const squares = { red: [32, 20, 112, 70], green: [192, 120, 288, 180] } as const
/** A place of the features is 8 pixels of 64. */
const margin = 20

/** Where the map is highest, in pixels of the photo. */
function peakOf({ map, region }: Explanation): [number, number] {
  const { x = 0, y = 0, width = 320, height = 200 } = region ?? {}
  const i = map.data.indexOf(map.data.reduce((most, value) => Math.max(most, value), 0))
  return [x + (((i % map.width) + 0.5) * width) / map.width, y + ((Math.floor(i / map.width) + 0.5) * height) / map.height]
}

describeShared('maps', 'cases', () => {
  test.each<[name: string, target: string | number | undefined, colour: keyof typeof squares]>([
    ['nas', 'box:green', 'green'],
    ['nas', undefined, 'red'],
    ['yolo/best.onnx', undefined, 'red'],
    ['yolo/best.onnx', 'box:green', 'green'],
    ['v8seg', undefined, 'red'],
    ['v8seg', 'box:red', 'red'],
    ['v8pose', 'box:red', 'red'],
    ['v8obb', 'box:red', 'red'],
    ['e2e3', undefined, 'red'],
    ['e2e3', 'box:green', 'green'],
    ['f255.onnx', 0, 'red'],
    ['f32.onnx', 0, 'red'],
    ['trainbn', 0, 'red'],
    ['topk', 'green', 'green'],
    ['percent', 'red', 'red'],
    ['soft0', 'green', 'green'],
    ['oldyolos', 0, 'red'],
    ['dpt', 0, 'red'],
    ['nested', 1, 'green'],
    ['timm', 'red', 'red'],
    ['argmax', 'green', 'green'],
    ['seg-argmaxmap', 'region:green', 'green'],
    ['seg-nhwc', 'region:red', 'red'],
    ['seg-mask3d', 'region:defect', 'red'],
    ['zip.onnx', 'green', 'green'],
    ['o111c', 'green', 'green'],
    ['o11c', 'red', 'red'],
    ['sam', 0, 'red'],
    ['maxsides', 0, 'red'],
    ['bom', 'a', 'red'],
    ['quantonly', 1, 'green'],
    ['exporters2/threelabels', 'box:red', 'red'],
    ['exporters2/auxdet', 'box:green', 'green'],
    ['exporters2/segshare', 'region:green', 'green'],
    ['exporters2/unsorted', 'red', 'red'],
    ['exporters2/unusedinput', 'green', 'green'],
    ['exporters2/qdqlogits', undefined, 'green'],
    ['exporters2/col2im', 'red', 'red'],
  ])('%s, %s: %s', async (name, target, colour) => {
    const network = await load(at(name), { threads: 1 })
    const why = await network.explain(at('wide.png'), target === undefined ? {} : { target })
    await network.close()
    const [[x, y], [x1, y1, x2, y2]] = [peakOf(why), squares[colour]]
    expect(why.raw.data.some((value) => value !== 0)).toBe(true)
    expect([x > x1 - margin, y > y1 - margin, x < x2 + margin, y < y2 + margin]).toEqual([true, true, true, true])
  })
})
