/** @file What a user says of how photos are prepared: what it makes, where the photo ends up, and what cannot be. */
import { describe, expect, test } from 'vitest'
import { GradcamError } from '../core/errors.ts'
import type { Pixels } from '../core/pixels.ts'
import { preprocess } from '../image/preprocess.ts'
import { defaultPreprocessing } from '../model/preprocessing.ts'
import { fact } from './fact.ts'
import type { Preparation } from './preparation.ts'
import { type PreparationInput, type PreparationOptions, withOptions } from './preparation-options.ts'

const free: PreparationInput = { height: undefined, width: undefined, channels: 3, usual: { height: 224, width: 224 } }
const fixed: PreparationInput = { ...free, height: 64, width: 128, usual: { height: 64, width: 128 } }

/** What a file says: squeezed to 32×32, bicubic, −1 … 1. */
const stated: Preparation = {
  steps: fact([{ kind: 'resize', to: { height: 32, width: 32 }, filter: 'bicubic' }], 'stated', 'a file'),
  values: fact({ scale: 1 / 255, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] }, 'stated', 'a file'),
  channelOrder: fact('rgb', 'stated', 'a file'),
}
/** What nobody says. */
function assumed({ usual, channels }: PreparationInput): Preparation {
  const { steps, scale, mean, std } = defaultPreprocessing({ ...usual, channels })
  return {
    steps: fact(steps, 'assumed', 'nothing'),
    values: fact({ scale, mean, std }, 'assumed', 'nothing'),
    channelOrder: fact('rgb', 'assumed', 'nothing'),
  }
}

const order = ['`size`', '`resize`', '`crop`']
const filter = 'bilinear'
const at = (height: number, width: number) => ({ height, width })

describe('sizes', () => {
  test.each([
    [{ size: 448 }, [{ kind: 'resize', to: at(448, 448), filter }]],
    [{ size: { width: 320, height: 160 } }, [{ kind: 'resize', to: at(160, 320), filter }]],
    [{ resize: 'squeeze' }, [{ kind: 'resize', to: at(224, 224), filter }]],
    [{ resize: 'none' }, []],
    [
      { resize: 256, crop: 224 },
      [
        { kind: 'resize', to: { shortest: 256 }, filter },
        { kind: 'crop', to: at(224, 224) },
      ],
    ],
    [
      { resize: 256, crop: { width: 300, height: 200 } },
      [
        { kind: 'resize', to: { shortest: 256 }, filter },
        { kind: 'crop', to: at(200, 300) },
      ],
    ],
    [{ resize: 'none', crop: 96 }, [{ kind: 'crop', to: at(96, 96) }]],
    [
      { crop: 96 },
      [
        { kind: 'resize', to: at(224, 224), filter },
        { kind: 'crop', to: at(96, 96) },
      ],
    ],
    [
      { resize: 'crop', size: 96 },
      [
        { kind: 'resize', to: { cover: at(96, 96) }, filter },
        { kind: 'crop', to: at(96, 96) },
      ],
    ],
    [
      { resize: 'letterbox', size: { width: 640, height: 384 } },
      [
        { kind: 'resize', to: { inside: at(384, 640) }, filter },
        { kind: 'pad', to: at(384, 640), place: 'middle', fill: [114] },
      ],
    ],
  ] as const)('%j', (given, steps) => {
    const made = withOptions(assumed(free), given, free).steps
    expect(made.value).toEqual(steps)
    expect(made.source).toBe('given')
    expect(made.from).toBe(
      Object.keys(given)
        .map((name) => `\`${name}\``)
        .toSorted((a, b) => order.indexOf(a) - order.indexOf(b))
        .join(', '),
    )
  })

  test("the file's filter and size stay", () => {
    expect(withOptions(stated, { resize: 'crop' }, free).steps.value).toEqual([
      { kind: 'resize', to: { cover: at(32, 32) }, filter: 'bicubic' },
      { kind: 'crop', to: at(32, 32) },
    ])
  })

  test("a fixed input's size is the one that words mean", () => {
    expect(withOptions(assumed(fixed), { resize: 'letterbox' }, fixed).steps.value).toMatchObject([
      { to: { inside: at(64, 128) } },
      { to: at(64, 128) },
    ])
    expect(withOptions(assumed(fixed), { preprocessing: 'clip' }, fixed).steps.value).toMatchObject([
      { to: { cover: at(64, 128) } },
      { to: at(64, 128) },
    ])
  })
})

describe('values', () => {
  const unit = 1 / 255
  test.each([
    [{ mean: 0.4 }, { scale: unit, mean: [0.4], std: [0.5, 0.5, 0.5] }],
    [{ std: [1, 2, 4] }, { scale: unit, mean: [0.5, 0.5, 0.5], std: [1, 2, 4] }],
    [
      { scale: 1, mean: [103.939, 116.779, 123.68], std: 1 },
      { scale: 1, mean: [103.939, 116.779, 123.68], std: [1] },
    ],
    // black and white exchanged
    [
      { scale: -unit, mean: -1, std: 1 },
      { scale: -unit, mean: [-1], std: [1] },
    ],
    [{ preprocessing: 'caffe' }, { scale: 1, mean: [103.939, 116.779, 123.68], std: [] }],
    [
      { preprocessing: 'caffe', std: 58 },
      { scale: 1, mean: [103.939, 116.779, 123.68], std: [58] },
    ],
  ] as const)('%j', (given, values) => {
    const made = withOptions(stated, given, free)
    expect(made.values).toMatchObject({ value: values, source: 'given' })
    expect(made.steps.source).toBe('preprocessing' in given ? 'given' : 'stated')
  })

  test('a preprocessing in full, and what stands beside it', () => {
    const whole = { ...defaultPreprocessing({ height: 8, width: 8, channels: 3 }), channelOrder: 'bgr' as const }
    const made = withOptions(stated, { preprocessing: whole, channels: 'grey' }, free)
    expect(made.steps.value).toEqual(whole.steps)
    expect(made.channelOrder).toEqual(fact('grey', 'given', '`channels`'))
  })
})

describe('what cannot be', () => {
  const cases: readonly (readonly [unknown, RegExp, RegExp, (readonly string[])?, PreparationInput?])[] = [
    [{ mean: [123.675, 116.28, 103.53] }, /those of pixels 0 … 255/, /`scale: 1`/],
    [{ std: 58 }, /those of pixels 0 … 255/, /`scale: 1`/],
    [{ mean: [0.5, 0.5] }, /`mean` is 0.5, 0.5/, /one number, or 3/],
    [{ std: [0.5, 0.5, 0.5, 0.5] }, /`std`/, /one number, or 3/],
    [{ mean: [0.1, 0.2, 0.3] }, /`mean`/, /one number, or 1/, [], { ...free, channels: 1 }],
    [{ mean: [] }, /`mean`/, /one number/],
    [{ mean: Number.NaN }, /`mean` is NaN/, /one number/],
    [{ std: 0 }, /`std` has a 0/, /other than 0/],
    [{ std: [1, 0, 1] }, /`std` has a 0/, /other than 0/],
    [{ scale: 0 }, /`scale` is 0/, /1\/255/],
    [{ scale: Number.POSITIVE_INFINITY }, /`scale`/, /number/],
    [{ size: 0 }, /`size` is 0/, /whole number/],
    [{ size: 1.5 }, /`size` is 1.5/, /whole number/],
    [{ size: { width: 20_000, height: 5 } }, /`size` is 20000/, /16384/],
    [{ resize: 0 }, /`resize` is 0/, /whole number/],
    [{ resize: 1e9 }, /`resize`/, /16384/],
    [{ size: 96 }, /`size` is 96×96, but the model takes 128×64/, /leave `size` out/, [], fixed],
    [{ resize: 'leterbox' }, /unknown `resize`: leterbox/, /squeeze, crop, letterbox, none/, ['letterbox']],
    [{ channels: 'bgrr' }, /unknown `channels`/, /rgb, bgr, grey/, ['bgr']],
    [{ preprocessing: 'cafe' }, /unknown `preprocessing`: cafe/, /torchvision, caffe/, ['caffe']],
    [{ preprocessing: { size: 224 } }, /preprocessing.size/, /left out/],
    [{ preprocessing: { std: [0] } }, /std/, /./],
    [{ preprocessing: 3 }, /preprocessing/, /./],
  ]
  for (const [given, message, hint, suggestions = [], input = free] of cases)
    test(JSON.stringify(given), () => {
      const attempt = (): unknown => withOptions(assumed(input), given as PreparationOptions, input)
      expect(attempt).toThrow(GradcamError)
      try {
        attempt()
      } catch (error) {
        expect(error).toMatchObject({ code: 'bad-option', message: expect.stringMatching(message), hint: expect.stringMatching(hint) })
        if (suggestions.length > 0) expect((error as GradcamError).suggestions).toEqual(suggestions)
      }
    })
})

describe('the part of the photo that is seen', () => {
  const wide: Pixels = { width: 200, height: 100, channels: 3, data: new Uint8Array(60_000).fill(255) }
  const square: PreparationInput = { ...free, height: 50, width: 50, usual: at(50, 50) }
  const seen = (given: PreparationOptions) => {
    const { steps, values, channelOrder } = withOptions(assumed(square), given, square)
    const spec = { steps: steps.value, ...values.value, channelOrder: channelOrder.value, layout: 'nchw' as const }
    return preprocess(wide, spec, { type: 'float32', layout: 'nchw', height: 50, width: 50, channels: 3 })
  }

  test.each([
    [{ resize: 'squeeze' }, { x: 0, y: 0, width: 200, height: 100 }],
    // the middle square
    [{ resize: 'crop' }, { x: 50, y: 0, width: 100, height: 100 }],
    // a quarter of the size: 50×25, bars of 12 and 13 rows, which are 48 and 52 pixels of the photo
    [{ resize: 'letterbox' }, { x: 0, y: -48, width: 200, height: 200 }],
    // 160×80, of which 50×50 are 62.5 wide
    [
      { resize: 80, crop: 50 },
      { x: 68.75, y: 18.75, width: 62.5, height: 62.5 },
    ],
  ] as const)('%j', (given, region) => {
    expect(seen(given).region).toEqual(region)
  })

  test('the bars are grey', () => {
    const { data } = seen({ resize: 'letterbox', scale: 1, mean: 0, std: 1 }).tensor
    expect(data[0]).toBe(114)
    expect(data[25 * 50 + 25]).toBe(255)
  })
})
