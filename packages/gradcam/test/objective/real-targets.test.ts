/** @file Targets of real networks on real photos: do the maps point at the right things? Pointing game with a tolerance of 15 pixels. */
import { afterAll, describe, expect, test } from 'vitest'
import { type ExplainOptions, type Explanation, load, type Network, readImage } from '../../src/node/index.ts'
import type { Pixels } from '../../src/core/pixels.ts'
import { describeShared, sharedPath } from '../support/shared.ts'

type Box = readonly [x1: number, y1: number, x2: number, y2: number]

// published with the photo
const dog: Box = [60, 45, 378, 516]
const cat: Box = [400, 112, 655, 493]
// read off the photo: both animals of dog-and-cat.png, 224×224
const bulldog: Box = [76, 12, 190, 150]
const tabby: Box = [42, 119, 206, 224]
const tolerance = 15

const photo = (name: string): string => sharedPath('photos', name)
const opened = new Map<string, Promise<Network>>()
afterAll(async () => {
  for (const net of opened.values()) await (await net).close()
})
const explain = async (model: string, image: string | Pixels, options: ExplainOptions): Promise<Explanation> => {
  const net = opened.get(model) ?? load(sharedPath('models', model))
  opened.set(model, net)
  return (await net).explain(image, options)
}

/** A place of the map, in pixels of the photo. */
function photoPlace({ map, region }: Explanation, i: number): [number, number] {
  if (!region) throw new Error('a photo was expected')
  return [
    region.x + (((i % map.width) + 0.5) * region.width) / map.width,
    region.y + ((Math.floor(i / map.width) + 0.5) * region.height) / map.height,
  ]
}

const peak = (why: Explanation): [number, number] =>
  photoPlace(
    why,
    why.map.data.reduce((best, value, i) => (value > (why.map.data[best] as number) ? i : best), 0),
  )

const within = ([x, y]: readonly [number, number], [x1, y1, x2, y2]: Box, margin: number): boolean =>
  x >= x1 - margin && x <= x2 + margin && y >= y1 - margin && y <= y2 + margin

function pointsAt(why: Explanation, here: Box, notThere?: Box): void {
  const place = peak(why)
  expect(within(place, here, tolerance), `peak at ${place.join(', ')}`).toBe(true)
  // the boxes of dog-and-cat.png overlap by a few rows
  if (notThere) expect(within(place, notThere, 0), `peak at ${place.join(', ')}`).toBe(false)
}

/** Share of the map's sum inside a box, over the share of the area: 1 for a map that is the same everywhere. */
function concentration(why: Explanation, box: Box): number {
  let [inside, area, total] = [0, 0, 0]
  why.map.data.forEach((value, i) => {
    total += value
    if (!within(photoPlace(why, i), box, 0)) return
    inside += value
    area++
  })
  return inside / total / (area / why.map.data.length)
}

function overlap([ax1, ay1, ax2, ay2]: Box, [bx1, by1, bx2, by2]: Box): number {
  const shared = Math.max(0, Math.min(ax2, bx2) - Math.max(ax1, bx1)) * Math.max(0, Math.min(ay2, by2) - Math.max(ay1, by1))
  return shared / ((ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - shared)
}

describeShared('FastestDet', 'models/detection-fastestdet/onnx/model.onnx', () => {
  const model = 'detection-fastestdet'
  const boxOf = ({ details }: Explanation): Box => (details as { boxes: [{ box: Box }] }).boxes[0].box

  test.each([
    ['dog', dog, cat, 'dog-and-cat-boxes.jpg'],
    ['cat', cat, dog, 'dog-and-cat-boxes.jpg'],
    ['dog', bulldog, tabby, 'dog-and-cat.png'],
    ['cat', tabby, bulldog, 'dog-and-cat.png'],
  ] as const)('the %s', async (name, here, there, file) => {
    const why = await explain(model, photo(file), { target: `box:${name}` })
    pointsAt(why, here, there)
    // the last places of the branch of the class scores
    expect(why.featureLayer).toBe('onnx::Conv_752')
  })

  test.each([
    ['dog', dog],
    ['cat', cat],
  ] as const)('finds the published box of the %s', async (name, box) => {
    const why = await explain(model, photo('dog-and-cat-boxes.jpg'), { target: { kind: 'box', class: name } })
    expect(overlap(boxOf(why), box)).toBeGreaterThan(0.7)
    expect(why.label).toMatch(new RegExp(`^box \\d+: ${name}$`))
    expect(why.warnings).toEqual([])
  })

  test('nothing named: the best box, and top-2 both animals', async () => {
    const why = await explain(model, photo('dog-and-cat-boxes.jpg'), {})
    expect(overlap(boxOf(why), why.label?.includes('dog') ? dog : cat)).toBeGreaterThan(0.7)
    expect(why.warnings).toEqual([])
    const net = await (opened.get(model) as Promise<Network>)
    const both = await net.explainAll(photo('dog-and-cat-boxes.jpg'), { target: 'box:top-2' })
    expect(both.map(({ label }) => label?.replace(/^box \d+: /, '')).sort()).toEqual(['cat', 'dog'])
    expect(both[0]?.score).toBe(why.score)
  })

  test('a class that is not there: a warning, and no second box', async () => {
    const why = await explain(model, photo('dog-and-cat.png'), { target: 'box:zebra' })
    expect(why.warnings.map(({ code }) => code)).toContain('box-faint')
    await expect(explain(model, photo('dog-and-cat.png'), { target: 'box:zebra#2' })).rejects.toMatchObject({ code: 'target-absent' })
  })

  test('as a bare class: its best box, as no score is one of the whole picture', async () => {
    const bare = await explain(model, photo('dog-and-cat-boxes.jpg'), { target: 'dog' })
    expect(bare.label).toBe((await explain(model, photo('dog-and-cat-boxes.jpg'), { target: 'box:dog' })).label)
  })
})

describeShared('PAN', 'models/segmentation-pan/onnx/model.onnx', () => {
  const model = 'segmentation-pan'
  // the orange suit, and the face with its neck
  const suit: Box = [30, 210, 440, 512]
  const face: Box = [175, 55, 280, 200]

  test('clothes', async () => {
    const why = await explain(model, photo('astronaut.png'), { target: 'region:clothes' })
    pointsAt(why, suit, face)
    expect(concentration(why, suit)).toBeGreaterThan(1.3)
    expect(why.label).toBe('clothes in its region')
    expect([why.featureLayer, why.reductionLayer]).toEqual(['1266', '1272'])
  })

  test('skin', async () => {
    const why = await explain(model, photo('astronaut.png'), { target: { kind: 'region', class: 'skin' } })
    pointsAt(why, face)
  })

  test('a class that is nowhere: what is there instead', async () => {
    await expect(explain(model, photo('rocket.jpg'), { target: 'region:hair' })).rejects.toMatchObject({
      code: 'target-absent',
      hint: expect.stringContaining('clothes ('),
    })
  })
})

describeShared('FSA-Net', 'models/headpose-fsanet/onnx/model.onnx', () => {
  const face: Box = [178, 65, 270, 180]
  // 30 % around the face
  const [x, y, size] = [150, 40, 150]

  // its last maps have 8×8 places behind two streams and a capsule routing, where no single layer tells enough: pixel gradients do
  test.each(['value:yaw', 'value:pitch:down'])('%s is read off the face', async (target) => {
    const whole = await readImage(photo('astronaut.png'))
    const why = await explain('headpose-fsanet', cropped(whole, x, y, size), { method: 'saliency', target, upsample: 'bilinear' })
    const here: Box = [face[0] - x, face[1] - y, face[2] - x, face[3] - y]
    pointsAt(why, here)
    expect(concentration(why, here)).toBeGreaterThan(1.3)
  })

  test('yaw is the first of three numbers, and down is up with the other sign', async () => {
    const image = cropped(await readImage(photo('astronaut.png')), x, y, size)
    const [up, down, first] = await Promise.all(
      ['value:yaw', 'value:yaw:down', 'value:0'].map((target) => explain('headpose-fsanet', image, { target, activation: 'none' })),
    )
    // she looks almost into the camera
    expect(Math.abs(up?.score ?? 90)).toBeLessThan(15)
    expect(down?.score).toBe(-(up?.score as number))
    expect(first?.label).toBe('yaw')
    expect(Array.from(down?.raw.data ?? [])).toEqual(Array.from(up?.raw.data ?? [], (value) => -value))
  })
})

function cropped({ width, channels, data }: Pixels, x: number, y: number, size: number): Pixels {
  const part = new Uint8Array(size * size * channels)
  for (let row = 0; row < size; row++) {
    const start = ((y + row) * width + x) * channels
    part.set(data.subarray(start, start + size * channels), row * size * channels)
  }
  return { width: size, height: size, channels, data: part }
}

describeShared('GoogLeNet', 'models/googlenet/onnx/model.onnx', () => {
  describe('this rather than that', () => {
    test.each([
      ['difference:bull mastiff|tiger cat', dog, cat],
      ['difference:tiger cat|bull mastiff', cat, dog],
      ['difference:Norfolk terrier|tabby, tabby cat', dog, cat],
    ] as const)('%s', async (target, here, there) => {
      pointsAt(await explain('googlenet', photo('dog-and-cat-boxes.jpg'), { target }), here, there)
    })
  })

  test('what speaks against the cat is not the cat', async () => {
    const why = await explain('googlenet', photo('dog-and-cat-boxes.jpg'), { target: 'against:tiger cat' })
    expect(within(peak(why), cat, 0)).toBe(false)
    expect(why.label).toBe('against tiger cat')
  })
})
