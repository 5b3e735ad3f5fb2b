/** @file The command line: commands, flags, help. What a command does is loaded when it runs, so that help is instant. */
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { badOption } from './errors.ts'
import { type Flags, type FlagValues, optionOf } from './flags/flag.ts'
import {
  checkInputFlags,
  explainFlags,
  globalFlags,
  gradientFlags,
  inspectFlags,
  layersFlags,
  methodsFlags,
  predictFlags,
  replayFlags,
} from './flags/table.ts'

const examples = (...lines: string[]): string => `\nExamples:\n${lines.map((line) => `  $ ${line}\n`).join('')}`

const version = (): string => (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version

function withFlags(command: Command, flags: Flags): Command {
  for (const [name, flag] of Object.entries(flags)) command.addOption(optionOf(name, flag))
  return command
}

/** Adds a command; one whose `run` comes to false has failed. */
function add<F extends Flags>(
  program: Command,
  name: string,
  flags: F,
  run: (flags: FlagValues<F & typeof globalFlags>, operands: readonly string[]) => Promise<boolean | void>,
): Command {
  const command = withFlags(program.command(name), flags)
  return command.action(async () => {
    if ((await run(command.optsWithGlobals(), command.args)) === false) process.exitCode = 1
  })
}

/**
 * The targets of `gradcam explain`, by the library's table of objectives; loaded only where help is asked for, which is instant without.
 */
export async function targetHelpFor(args: readonly string[]): Promise<string> {
  const wanted = args.includes('explain') && args.some((arg) => arg === 'help' || arg === '--help' || arg === '-h')
  if (!wanted) return ''
  const { objectiveKinds } = await import('gradcam')
  const rows = objectiveKinds.flatMap(({ help }) => help)
  const width = Math.max(...rows.map(([words]) => words.length))
  return `\nTargets:\n${rows.map(([words, meaning]) => `  ${words.padEnd(width)}  ${meaning}\n`).join('')}`
}

/** The program; its actions set process.exitCode or throw. */
export function createProgram(targetHelp = ''): Command {
  const program = new Command('gradcam')
    .description('See why a vision model decided: Grad-CAM for any ONNX model, as it is.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .configureOutput({ outputError: () => undefined })
    .exitOverride()
    .addHelpText(
      'after',
      examples(
        'gradcam explain photo.jpg',
        'gradcam explain photo.jpg --model googlenet --target "golden retriever" -o why.png',
        'gradcam layers --model googlenet',
      ),
    )
  withFlags(program, globalFlags)
  addPhotoCommands(program, targetHelp)
  addModelCommands(program)
  addLists(program)
  return program
}

function addPhotoCommands(program: Command, targetHelp: string): void {
  const photosArgument = ['[photos...]', 'photos, folders, globs, or preprocessed .npy/.pb tensors'] as const
  add(program, 'explain', explainFlags, async (flags, photos) => (await import('./commands/explain.ts')).explain(photos, flags))
    .description('explain what a network saw in photos: a heat map over each')
    .usage('[options] <photos...>')
    .argument(...photosArgument)
    .addHelpText('after', targetHelp)
    .addHelpText(
      'after',
      examples(
        'gradcam explain photo.jpg',
        'gradcam explain photo.jpg -t espresso -t teapot -o both.png',
        'gradcam explain photo.jpg --method grad-cam,occlusion --set patch=0.1 --report why.html',
        'gradcam explain photo.jpg -t "difference:tiger cat|bull mastiff"',
        'gradcam explain holiday/ -o why/ --json why.jsonl',
        'gradcam explain photo.jpg --save-map map.npy --colormap viridis -o why.png',
      ),
    )
  add(program, 'predict', predictFlags, async (flags, photos) => (await import('./commands/predict.ts')).predict(photos, flags))
    .description('classify photos: score, label and index of the best classes')
    .usage('[options] <photos...>')
    .argument(...photosArgument)
  add(program, 'check-input', checkInputFlags, async (flags, photos) =>
    (await import('./commands/check-input.ts')).checkInput(photos, flags),
  )
    .description('try the usual preprocessings on photos: with which is the network surest?')
    .usage('[options] <photos...>')
    .argument('[photos...]', 'photos of things that the network knows')
    .addHelpText('after', examples('gradcam check-input dog.jpg cat.jpg --model model.onnx'))
}

function addModelCommands(program: Command): void {
  add(program, 'layers', layersFlags, async (flags) => (await import('./commands/layers.ts')).layers(flags))
    .description('show the feature and the reduction layer of a network, why they were chosen, and the runners-up')
    .addHelpText('after', examples('gradcam layers --model googlenet', 'gradcam layers --model detector --path photo.jpg -t box:dog'))
  add(program, 'inspect', inspectFlags, async (flags) => (await import('./commands/inspect.ts')).inspect(flags))
    .description('show what a network takes and gives, and where each of these facts comes from')
    .addHelpText('after', examples('gradcam inspect --model googlenet', 'gradcam inspect -m model.onnx --mean 0.5 --std 0.5 --write'))
  add(program, 'replay', replayFlags, async (flags, [file = '', photo]) =>
    (await import('./commands/replay.ts')).replay(file, photo, flags),
  )
    .description('make recorded explanations again, and say whether their maps are the same')
    .argument('<file>', 'what gradcam explain --json wrote')
    .argument('[photo]', 'the photo')
    .addHelpText('after', examples('gradcam replay why.json', 'gradcam replay why.json elsewhere/photo.jpg --model googlenet -o again.png'))
  add(program, 'gradient', gradientFlags, async (flags) => (await import('./commands/gradient.ts')).gradient(flags))
    .description('compute the gradient of one tensor of a network with respect to another; files are .npy or ONNX .pb')
    .addHelpText('after', examples('gradcam gradient -m model.onnx --input image=x.npy --of logits --index 3 --wrt image --out dx.npy'))
}

function addLists(program: Command): void {
  add(program, 'methods', methodsFlags, async (flags, [name]) => (await import('./commands/methods.ts')).methods(name, flags))
    .description('list the methods, or describe one: its options, their defaults and bounds')
    .argument('[name]', 'a method')
  add(program, 'colormaps', {}, async () => (await import('./commands/colormaps.ts')).colormaps()).description('list the colour maps')
  add(program, 'help', {}, async (_, [name]) => printHelp(program, name))
    .description('print help on a command')
    .argument('[command]', 'a command')
}

function printHelp(program: Command, name: string | undefined): void {
  const found = name === undefined ? program : program.commands.find((command) => command.name() === name)
  if (found) return found.outputHelp()
  const allowed = program.commands.map((command) => command.name())
  throw badOption(`unknown command '${name}'`, 'gradcam --help lists commands', { data: { value: name, allowed } })
}
