/** @file Sessions in threads: one more kind of session, whose runs go side by side. A thread that died is replaced at its next use. */
import { compactTensors, sharedModel } from './messages.ts'
import { type Opened, type Remote, remoteOf, type Thread } from './remote.ts'
import type { ModelBytes, OpenOptions, Runtime, Session } from './runtime.ts'

/** A place for one thread, which is started when it is first needed. */
interface Place {
  /** Runs that were given to it. */
  load: number
  remote(): Remote
  end(): Promise<void>
}

function placeFor(start: () => Thread): Place {
  let current: Remote | undefined
  return {
    load: 0,
    remote: () => (current = current && !current.lost ? current : remoteOf(start())),
    async end() {
      const last = current
      current = undefined
      await last?.end()
    },
  }
}

/**
 * Runs of a session go to the thread that has least to do. A session is opened in as many threads as runs are to come, in others when
 * these are needed.
 *
 * @param count how many threads there may be
 */
export function sideBySide(start: () => Thread, count: number): Required<Pick<Runtime, 'open' | 'close'>> {
  const places = Array.from({ length: count }, () => placeFor(start))
  return {
    open: (model, options = {}) => openIn(places, sharedModel(model), options),
    async close() {
      await Promise.all(places.map((place) => place.end()))
    },
  }
}

async function openIn(places: readonly Place[], model: ModelBytes, { runs = 1, ...options }: OpenOptions): Promise<Session> {
  const sessions = new Map<Place, { remote: Remote; opened: Promise<Opened> }>()
  const openAt = (place: Place): { remote: Remote; opened: Promise<Opened> } => {
    const known = sessions.get(place)
    const remote = place.remote()
    if (known?.remote === remote) return known
    const made = { remote, opened: remote.call('open', model, options) }
    sessions.set(place, made)
    // what failed is tried again at the next run
    made.opened.catch(() => sessions.get(place) === made && sessions.delete(place))
    return made
  }
  const release = async (): Promise<void> => {
    const all = [...sessions.values()].filter(({ remote }) => !remote.lost)
    sessions.clear()
    await Promise.all(all.map(async ({ remote, opened }) => remote.call('release', (await opened).id)))
  }
  const first = await Promise.allSettled(places.slice(0, runs).map((place) => openAt(place).opened))
  const [begun] = first
  for (const each of first)
    if (each.status === 'rejected') {
      await release()
      throw each.reason
    }
  const { inputs, outputs } = (begun as PromiseFulfilledResult<Opened>).value
  return {
    ...{ inputs, outputs, atOnce: places.length },
    async run(feeds, fetches) {
      const place = places.reduce((least, each) => (each.load < least.load ? each : least))
      place.load++
      try {
        const { remote, opened } = openAt(place)
        const { id } = await opened
        return await remote.call('run', id, compactTensors(feeds), fetches)
      } finally {
        place.load--
      }
    },
    release,
  }
}

/** A runtime whose sessions live in a thread of their own: the thread that asks goes on meanwhile. */
export function inThread(runtime: Runtime, start: () => Thread): Runtime {
  return { ...runtime, ...sideBySide(start, 1) }
}
