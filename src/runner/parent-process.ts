// The other end of child-process.ts: what a run's process says to the study that started it, if one did.
import type { Progress, Report } from '../base/progress.ts'
import type { ProgressMessage } from './child-process.ts'

const sendEvery = 100 // ms

/** Sends progress to the study, at most every 100 ms and at each phase's end; undefined where no study started this process. */
export function reportToParent(): Report | undefined {
  if (process.send === undefined) return undefined
  let sent = 0
  return (progress: Progress) => {
    const now = Date.now()
    if (!process.connected || (now - sent < sendEvery && progress.done < progress.total)) return
    sent = now
    process.send?.({ progress } satisfies ProgressMessage)
  }
}

/** Calls `stop` when the study's process is gone: its runs save and end rather than go on unseen. */
export function onParentGone(stop: () => void): void {
  if (process.send === undefined) return
  process.once('disconnect', stop)
  process.channel?.unref() // the listener alone must not keep the process alive
}
