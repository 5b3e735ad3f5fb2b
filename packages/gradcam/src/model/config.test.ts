/** @file Tests of config.ts: labels in both forms, what kind of answer the outputs are, and files that are no configuration. */
import { describe, expect, test } from 'vitest'
import { GradcamError } from '../core/errors.ts'
import { parseConfig } from './config.ts'

test('id2label as an object, in any order, and as a list', () => {
  expect(parseConfig({ id2label: { 1: 'cat', 0: 'dog', 2: 'cup' } })).toEqual({ labels: ['dog', 'cat', 'cup'], singleLabel: true })
  expect(parseConfig({ id2label: ['dog', 'cat'] })).toEqual({ labels: ['dog', 'cat'], singleLabel: true })
})

test('gaps are filled with the number of the class', () => {
  expect(parseConfig({ id2label: { 0: 'dog', 3: 'cat' } }).labels).toEqual(['dog', 'class 1', 'class 2', 'cat'])
})

test.each([{}, { id2label: null }, { id2label: {} }, { architectures: ['Net'], num_labels: 3 }])('%j: no labels', (json) => {
  expect(parseConfig(json)).toEqual({ labels: [], singleLabel: false })
})

test.each([
  [{ problem_type: 'single_label_classification' }, true],
  [{ problem_type: null }, true],
  [{ problem_type: 'multi_label_classification' }, false],
  [{ problem_type: 'regression' }, false],
])('%j: one class is right: %s', (fields, singleLabel) => {
  expect(parseConfig({ id2label: { 0: 'a', 1: 'b' }, ...fields }).singleLabel).toBe(singleLabel)
})

test('a single label is no classification', () => {
  expect(parseConfig({ id2label: { 0: 'LABEL_0' } }).singleLabel).toBe(false)
})

describe('refused', () => {
  test.each([
    ['null', null],
    ['a list', [1]],
    ['text', 'id2label'],
    ['labels that are a number', { id2label: 7 }],
    ['labels that are text', { id2label: 'dog' }],
    ['a key that is no index', { id2label: { dog: 'x' } }],
    ['a negative index', { id2label: { '-1': 'x' } }],
    ['half an index', { id2label: { '0.5': 'x' } }],
    ['an index that would fill the memory', { id2label: { 999999999: 'x' } }],
    ['a label that is no text', { id2label: { 0: 1 } }],
    ['a label that is null', { id2label: [null] }],
  ])('%s', (_, json) => {
    const attempt = (): unknown => parseConfig(json)
    expect(attempt).toThrow(GradcamError)
    expect(attempt).toThrow(expect.objectContaining({ code: 'model-invalid', hint: expect.stringContaining('id2label') }))
    expect(attempt).toThrow(/config\.json/)
  })
})
