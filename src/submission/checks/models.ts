// Rules about what is submitted: the trained tensors, and the files that the grader's machine needs.
import { existsSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { sha256OfFile } from '../../base/files.ts'
import { sizeOf } from '../../base/nd-array.ts'
import { openCheckpoint } from '../../checkpoint/open.ts'
import { accuracyBaseline, captionBaselines } from '../../metrics/baselines.ts'
import { advise, fail, ofSubmission, pass, type Check } from '../check.ts'
import { neededFiles, runtimeFile } from '../needed-files.ts'

/** The course's limit on trained parameters. */
export const parameterLimit = 35_000_000

const number = (value: number) => value.toLocaleString('en-US').replaceAll(',', ' ')

export const fewParametersAreTrained: Check = {
  name: 'fewer than 35 M parameters are trained, counted in the saved file',
  stake: 'problem 2',
  look: ofSubmission(({ captions: { weights } }, { root }) => {
    const file = openCheckpoint(join(root, weights))
    const count = file.names.reduce((sum, name) => sum + sizeOf(file.spec(name).shape), 0)
    const found = `${number(count)} in ${weights}`
    return count < parameterLimit ? pass(found) : fail(found, `Less than ${number(parameterLimit)} are allowed: train fewer.`)
  }),
}

/** Names of GPT-2's and CLIP's own tensors, which nobody trains here. */
const frozen =
  /^(transformer\.)?(wte|wpe|ln_f|h\.\d+\.(ln_[12]|(attn\.c_attn|attn\.c_proj|mlp\.c_fc|mlp\.c_proj)\.(weight|bias)$))|^visual\.|^lm_head\.|^token_embedding\./

export const onlyTrainedIsSaved: Check = {
  name: 'the saved file holds trained tensors only',
  stake: 'problem 2',
  look: ofSubmission(({ captions: { weights } }, { root }) => {
    const { names } = openCheckpoint(join(root, weights))
    const strangers = names.filter((name) => frozen.test(name))
    if (strangers.length === 0) return pass(`${names.length} tensors`)
    return fail(
      `${strangers.length} of ${names.length} belong to the frozen models, ${strangers[0]!} first`,
      'captune submit RUN writes the trained ones alone.',
    )
  }),
}

export const decoderIsTheCourses: Check = {
  name: "the captioner was trained beside the course's decoder",
  stake: 'problem 2',
  look: ofSubmission(({ captions: { built_in_world, config } }) =>
    built_in_world
      ? fail(
          'it was trained on the built-in world',
          "Train on the course's data (configs/lora.yaml, say) and captune submit that run.",
        )
      : pass(config.decoder.weights),
  ),
}

export const filesReachTheGrader: Check = {
  name: 'every file that the scripts read is committed or hosted',
  stake: 'problems 1 and 2',
  look: ofSubmission((submission, { tracked }) => {
    const hosted = new Set(submission.files.map(({ path }) => path))
    const needed = neededFiles(submission)
    const outside = needed.filter(({ path }) => isAbsolute(path) || path.startsWith('..'))
    if (outside.length > 0)
      return fail(`${outside[0]!.path} lies outside the checkout`, 'Move it into the checkout, train and submit from there.')
    const lost = needed.filter(({ path }) => !hosted.has(path) && tracked !== undefined && !tracked.includes(path))
    if (lost.length > 0) {
      const names = lost.map(({ path }) => path).join(', ')
      return fail(`${names}: neither`, `Commit it, or host it and captune submit --url ${lost[0]!.name}=LINK.`)
    }
    return pass(`${needed.length} files, ${hosted.size} of them hosted`)
  }),
}

export const filesAreAsListed: Check = {
  name: 'the files here are those that are listed',
  stake: 'problems 1 and 2',
  look: ofSubmission(async ({ files }, { root }) => {
    const other: string[] = []
    for (const { path, sha256 } of files)
      if (existsSync(join(root, path)) && (await sha256OfFile(join(root, path))) !== sha256) other.push(path)
    if (other.length > 0) return fail(`${other.join(', ')} changed since`, 'Host it again: captune submit --url NAME=LINK.')
    return pass(files.length === 0 ? 'none is listed' : `${files.length} files by their SHA-256`)
  }),
}

export const nodeReachesTheGrader: Check = {
  name: 'Node and the program reach a machine that has neither',
  stake: 'problems 1 and 2',
  look: ofSubmission(({ files }) =>
    files.some(({ path }) => path === runtimeFile.path)
      ? pass('hw3_download.sh fetches them')
      : fail(
          "the grader's machine has no Node, and nobody types `npm ci` there",
          'captune submit --runtime, host the archive, captune submit --url runtime=LINK.',
        ),
  ),
}

export const accuracyIsEnough: Check = {
  name: `problem 1 scored ${accuracyBaseline} or more`,
  stake: 'problem 1',
  look: ofSubmission(({ classes: { accuracy }, captions: { built_in_world } }) => {
    if (accuracy === undefined) return advise('not known', 'captune classify, then captune submit --classify RUN.')
    const found = `accuracy ${accuracy.toFixed(3)}`
    if (built_in_world) return advise(`${found} on the built-in world`, "The baseline is about the course's photographs.")
    return accuracy >= accuracyBaseline ? pass(found) : fail(found, 'Try other prompts (experiments/prompts) or a larger CLIP.')
  }),
}

export const captionsAreGoodEnough: Check = {
  name: `problem 2 scored CIDEr ${captionBaselines.at(-1)!.cider} and CLIPScore ${captionBaselines.at(-1)!.clipscore} or more`,
  stake: 'problem 2',
  look: ofSubmission(({ captions: { scores, built_in_world } }) => {
    if (scores === undefined)
      return advise('this way of decoding was not scored', 'captune decode RUN decode=beam:5, and submit that run.')
    const { cider, clipscore } = scores
    const found = `CIDEr ${cider.toFixed(3)}, CLIPScore ${clipscore?.toFixed(3) ?? 'not known'}`
    if (built_in_world) return advise(`${found} on the built-in world`, "The baselines are about the course's photographs.")
    const passed = captionBaselines.filter((mark) => cider >= mark.cider && (clipscore ?? 0) >= mark.clipscore)
    if (passed.length === captionBaselines.length)
      return pass(`${found}: ${passed.map(({ name }) => name).join(' and ')} baseline`)
    return fail(
      `${found}: ${passed.length === 0 ? 'no baseline' : `the ${passed[0]!.name} baseline alone`}`,
      'Train longer, or with another method; beam search helps.',
    )
  }),
}
