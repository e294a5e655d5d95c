/** Progress options: those of the commands that take long. Without either, progress is shown where standard error is a terminal. */
import { Option } from 'commander'

/** `--progress`. */
export function progressOption(): Option {
  return new Option(
    '--progress',
    'show progress on standard error, even where that is not a terminal',
  )
}

/** `--no-progress`. */
export function noProgressOption(): Option {
  return new Option('--no-progress', 'do not show progress')
}
