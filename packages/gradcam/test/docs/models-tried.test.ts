/** @file What the answers about tried networks are worth, and the page that counts them: nothing that was not compared is right. */
import { describe, expect, test } from 'vitest'
import { tableOf } from '../../../../scripts/try-models/table.mjs'
import { judge, type Result } from '../../../../scripts/try-models/verdict.mjs'

const ok = { ok: true, got: 1, right: 1 }
const checked = { class: ok, score: ok, map: ok, saliency: ok, places: ok }
const classifier: Result = { name: 'torchvision/alexnet', exporter: 'dynamo', task: 'classification', checks: checked, said: [] }
const detector: Result = { ...classifier, task: 'detection', checks: { box: ok, map: ok, saliency: ok, places: ok } }
const without = (name: keyof typeof checked): Result => ({
  ...classifier,
  checks: Object.fromEntries(Object.entries(checked).filter(([key]) => key !== name)),
})
const wrong = (name: string, result = classifier): Result => ({
  ...result,
  checks: { ...result.checks, [name]: { ok: false, got: 3, right: 7 } },
})
const refusal = { code: 'target-needed', message: 'what is asked?', hint: 'name a target' }

describe('an answer', () => {
  test.each<[string, Result, string]>([
    ['is right where all is compared and equal', classifier, 'right'],
    ['is right though preprocessing is assumed', { ...classifier, said: ['preprocessing-assumed'] }, 'right'],
    ["is right where the map is negative, as the framework's is", { ...classifier, said: ['map-negative'] }, 'right'],
    ['is unsure where a warning is said', { ...classifier, said: ['output-assumed'] }, 'unsure'],
    ['is unsure where the layer is', { ...classifier, layer: { certain: false } }, 'unsure'],
    ['is unchecked where no tensor of the framework is that layer', without('map'), 'unchecked'],
    ['is right though saliency is nothing but rounding in the framework, too', without('saliency'), 'right'],
    [
      'is unsure where the places fit another order as well',
      { ...classifier, checks: { ...checked, places: { ok: false, got: 'upside down 0.84', right: '2×96 0.83' } } },
      'unsure',
    ],
    [
      'is wrong where they fit it better',
      { ...classifier, checks: { ...checked, places: { ok: false, got: 'mirrored 0.84', right: '2×96 0.33' } } },
      'wrong',
    ],
    ['is unchecked without the patch test', without('places'), 'unchecked'],
    ['is unchecked where boxes were not compared', { ...classifier, task: 'detection' }, 'unchecked'],
    ['of a detector is right with its box', detector, 'right'],
    ['is wrong where a map is', wrong('map'), 'wrong'],
    ['is wrong where a map is, even if others were not compared', wrong('saliency', without('map')), 'wrong'],
    ['is wrong though its preprocessing is assumed, where that is not why', { ...wrong('map'), said: ['preprocessing-assumed'] }, 'wrong'],
    ['is that for another photo where its preprocessing is assumed', { ...wrong('score'), said: ['preprocessing-assumed'] }, 'photo'],
    ['is warned of where a warning is said', { ...wrong('map'), said: ['map-zero'] }, 'warned'],
    ['is wrong where a certain layer fails the patch test', { ...wrong('places'), layer: { certain: true } }, 'wrong'],
    ['is a refusal with the way out', { ...classifier, checks: {}, refusal }, 'refused'],
    ['is unclear without the way out', { ...classifier, checks: {}, refusal: { code: 'bad', message: 'no' } }, 'unclear'],
    ['is unclear where the runtime failed', { ...classifier, checks: {}, refusal: { ...refusal, code: 'runtime-error' } }, 'unclear'],
    ['of depth is right where a target is asked for', { ...classifier, task: 'depth', checks: { asks: ok }, refusal }, 'right'],
    ['of depth is wrong where something is explained', wrong('asks', { ...classifier, task: 'depth', checks: {} }), 'wrong'],
    ['was not asked for where nothing was exported', { ...classifier, not_exported: 'no such operator' }, 'not asked'],
    ['says where the scripts failed', { ...classifier, harness: 'Error: broken' }, 'harness'],
  ])('%s', (_, result, answer) => {
    expect(judge(result).answer).toBe(answer)
  })

  test('says what is wrong', () => {
    expect(judge({ ...wrong('map'), said: ['map-zero'] }).why).toBe('map: 3, right 7 [map-zero]')
  })
})

describe('the page', () => {
  const page = tableOf([{ ...wrong('map'), exporter: 'torchscript' }, classifier, { ...classifier, name: 'timm/vit' }])

  test('counts networks, files and answers, of all and of each framework', () => {
    expect(page).toContain('2 networks, 3 files:')
    expect(page).toContain('| answer | all | timm | torchvision |')
    expect(page).toContain('| right | 2 | 1 | 1 |')
    expect(page).toContain('| WRONG WITHOUT A WORD | 1 | 0 | 1 |')
  })

  test('shows no folders of the machine', () => {
    const failed = { ...classifier, not_exported: 'Error: in /home/somebody/lib/python/net.py, `x|y`' }
    expect(tableOf([failed])).toContain("Error: in …/net.py, 'x\\|y'")
  })
})
