// Every check, in the order in which they are told: what costs nothing to look at comes first.
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
import { scriptsAreShell, scriptsAreThere, scriptsNameNoPlace, scriptsUseAllowedCommands } from './scripts.ts'

export const allChecks: readonly Check[] = [
  scriptsAreThere,
  scriptsUseAllowedCommands,
  scriptsAreShell,
  scriptsNameNoPlace,
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
  problem1Runs,
  problem2Runs,
]
