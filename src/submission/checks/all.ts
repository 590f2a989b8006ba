// The checks in the order in which they are told: what costs nothing to look at comes first.
import type { Check } from '../check.ts'
import {
  accuracyIsEnough,
  captionsAreGoodEnough,
  decoderIsTheCourses,
  fewParametersAreTrained,
  filesAreAsListed,
  filesReachTheGrader,
  nodeReachesTheGrader,
  onlyTrainedIsSaved,
} from './models.ts'
import { dataIsNotCommitted, everythingIsPushed, filesAreSmall, pythonIsReplaced, reportIsThere } from './repository.ts'
import { problem1Runs, problem2Runs } from './sample-runs.ts'
import { scriptsAreShell, scriptsAreThere, nothingNamesAPlace, scriptsUseAllowedCommands } from './scripts.ts'

/** What can be told by looking at files. */
export const rules: readonly Check[] = [
  scriptsAreThere,
  scriptsUseAllowedCommands,
  scriptsAreShell,
  nothingNamesAPlace,
  pythonIsReplaced,
  reportIsThere,
  filesAreSmall,
  dataIsNotCommitted,
  everythingIsPushed,
  decoderIsTheCourses,
  fewParametersAreTrained,
  onlyTrainedIsSaved,
  filesReachTheGrader,
  filesAreAsListed,
  nodeReachesTheGrader,
  accuracyIsEnough,
  captionsAreGoodEnough,
]

/** Both scripts on a sample of images. */
export const trials: readonly Check[] = [problem1Runs, problem2Runs]
