// The kernel's boot time to Unix time for all sessions, measured at the start and again on an interval.
import type { HrTime } from '@opentelemetry/api'
import { bootCeilingNs, bootNowNs, calibrate, recalibrated, type Calibration } from '../time/clock.ts'
import { addTimes, timeOfNs } from '../time/instant.ts'

const recalibrateMs = 60_000

export class UnixClock {
  private calibration: Calibration
  private offset: HrTime
  private readonly timer: NodeJS.Timeout

  constructor() {
    this.calibration = calibrate()
    this.offset = timeOfNs(this.calibration.offsetNs)
    this.timer = setInterval(() => {
      this.calibration = recalibrated(this.calibration, calibrate())
      this.offset = timeOfNs(this.calibration.offsetNs)
    }, recalibrateMs)
  }

  /** CLOCK_BOOTTIME + this = Unix time. */
  get offsetNs(): bigint {
    return this.calibration.offsetNs
  }

  get errorNs(): bigint {
    return this.calibration.errorNs
  }

  readonly toUnix = (boot: HrTime): HrTime => addTimes(boot, this.offset)

  /** As the probes' times are, so that a step of the clock does not come between them. */
  now(): HrTime {
    return this.toUnix(timeOfNs(bootNowNs()))
  }

  /** CLOCK_BOOTTIME as it is, or a little later. */
  readonly bootNow = (): HrTime => timeOfNs(bootCeilingNs())

  close(): void {
    clearInterval(this.timer)
  }
}
