/** @file Warnings about inputs; those about maps and layers are tested on whole networks. */
import { expect, test } from 'vitest'
import { diagnoseInput } from './diagnose.ts'
import { parsePreprocessing } from '../model/preprocessing/sources.ts'

const imagenet = parsePreprocessing({ do_normalize: true, image_mean: [0.485, 0.456, 0.406], image_std: [0.229, 0.224, 0.225], size: 224 })
const caffe = parsePreprocessing({ do_rescale: false, do_normalize: true, image_mean: [104, 117, 123], image_std: [1, 1, 1], size: 224 })
const codes = (values: number[], spec = imagenet): string[] => diagnoseInput(Float32Array.from(values), spec).map(({ code }) => code)

test('preprocessed values pass', () => {
  expect(codes([-2.1, 0, 2.6])).toEqual([])
  expect(codes([-123, 0, 151], caffe)).toEqual([])
  expect(diagnoseInput(Float32Array.of(1e9), undefined)).toEqual([])
})

test('pixels of a file, where nothing is known of the network', () => {
  const said = (...values: number[]): string[] => diagnoseInput(Float32Array.from(values), undefined).map(({ code }) => code)
  expect(said(0, 128, 255)).toEqual(['input-range'])
  for (const values of [
    [0, 0.5, 1],
    [-1, 1],
    [-2.1, 2.6],
    [-120, 130],
  ])
    expect(said(...values)).toEqual([])
})

test('bare pixels, pixels divided twice and values far outside are noticed', () => {
  expect(codes([0, 128, 255])).toEqual(['input-range'])
  expect(codes([0, 0.5, 1], caffe)).toEqual(['input-range'])
  expect(codes([-900, 900], caffe)).toEqual(['input-range'])
})
