// PyTorch's zip formats: what `torch.save` writes since 1.6 and what TorchScript's `save` writes. One pickle describes the tensors, each
// storage is an entry of raw little-endian values. The code in a TorchScript archive is never looked at.
import { crc32, inflateRawSync } from 'node:zlib'
import { messageOf } from '../base/errors.ts'
import { CheckpointError } from './checkpoint-error.ts'
import type { Checkpoint } from './checkpoint.ts'
import { cursorAt, cursorOver } from './cursor.ts'
import type { Cursor } from './cursor.ts'
import type { FileBytes } from './file-bytes.ts'
import type { PickledStorage } from './pickled.ts'
import { checkedMetadata } from './safetensors-header.ts'
import { stateDict } from './state-dict.ts'
import { storedBytes } from './stored-type.ts'
import { torchGlobal, torchStorage } from './torch-globals.ts'
import { torchCheckpoint } from './torch-tensors.ts'
import { metadataEntry } from './torch-zip.ts'
import { unpickle } from './unpickle.ts'
import { dataOffset, zipDirectory } from './zip-directory.ts'
import type { ZipMember } from './zip-directory.ts'

type Members = ReadonlyMap<string, ZipMember>

/** Opens a PyTorch zip file or a TorchScript archive; reads its directory and its pickle. Throws CheckpointError. */
export function openTorchArchive(file: FileBytes): Checkpoint {
  const members = zipDirectory(file)
  const pickle = pickleOf(file, members)
  const root = pickle.name.slice(0, -'data.pkl'.length)
  requireLittleEndian(file, members.get(`${root}byteorder`))
  const value = unpickle(cursorIn(file, pickle), { global: torchGlobal, persistent: torchStorage })
  const { tensors, tree } = stateDict(`${file.path}: entry \`${pickle.name}\``, value)
  const memberOf = ({ key }: PickledStorage) => members.get(`${root}data/${key}`)
  for (const [name, { storage }] of tensors) checkStorage(file, name, storage, memberOf(storage))
  const metadata = metadataOf(file, members.get(root + metadataEntry))
  return torchCheckpoint(file.path, tree ? 'TorchScript' : 'torch zip', tensors, readStorage, metadata)

  function readStorage(storage: PickledStorage, begin: number, length: number, what: string): Uint8Array<ArrayBuffer> {
    const member = memberOf(storage)!
    const bytes = file.read(dataOffset(file, member) + begin, length, what)
    if (length === member.size) checkSum(file, member, bytes)
    return bytes
  }
}

const largestMetadata = 2 ** 20

/** What `writeTorchZip` stored beside the tensors. */
function metadataOf(file: FileBytes, member: ZipMember | undefined): Readonly<Record<string, string>> {
  if (member === undefined) return {}
  requireStored(file, member)
  if (member.size > largestMetadata)
    throw new CheckpointError(`${file.path}: entry \`${member.name}\` has ${member.size} bytes; no metadata is that large.`)
  const bytes = file.read(dataOffset(file, member), member.size, member.name)
  checkSum(file, member, bytes)
  return parseMetadata(file.path, member.name, Buffer.from(bytes).toString('utf8'))
}

function parseMetadata(path: string, name: string, text: string): Readonly<Record<string, string>> {
  try {
    return checkedMetadata(path, JSON.parse(text))
  } catch (error) {
    throw new CheckpointError(
      `${path}: entry \`${name}\` is no map of strings in JSON (${messageOf(error)}); the file is damaged.`,
    )
  }
}

function pickleOf({ path }: FileBytes, members: Members): ZipMember {
  const found = [...members.values()].filter(({ name }) => /^[^/]+\/data\.pkl$/.test(name))
  if (found.length === 1) return found[0]!
  throw new CheckpointError(
    found.length === 0
      ? `${path}: this zip archive has no entry \`data.pkl\`; a file that \`torch.save\` wrote is needed.`
      : `${path}: this zip archive has ${found.length} entries \`data.pkl\`; the file is damaged.`,
  )
}

const largestInflated = 2 ** 26

/** PyTorch stores its pickle as it is; an archive that was packed again may have it deflated. */
function cursorIn(file: FileBytes, member: ZipMember): Cursor {
  const begin = dataOffset(file, member)
  if (member.method === 0) {
    requireStored(file, member)
    return cursorAt(file, begin, begin + member.size, member.name)
  }
  return cursorOver(file.path, inflated(file, member, begin), member.name)
}

function inflated(file: FileBytes, member: ZipMember, begin: number): Uint8Array<ArrayBuffer> {
  const where = `${file.path}: entry \`${member.name}\``
  if (member.method !== 8) throw new CheckpointError(`${where} is compressed in a way (${member.method}) that is not read here.`)
  if (member.size > largestInflated || member.storedSize > largestInflated)
    throw new CheckpointError(`${where} would take ${member.size} bytes in memory; ${largestInflated} are the most for a pickle.`)
  try {
    const bytes = inflateRawSync(file.read(begin, member.storedSize, member.name), { maxOutputLength: member.size + 1 })
    if (bytes.length === member.size) return new Uint8Array(bytes)
  } catch (error) {
    throw new CheckpointError(`${where} at offset ${begin} cannot be unpacked (${messageOf(error)}); the file is damaged.`)
  }
  throw new CheckpointError(`${where} at offset ${begin} does not unpack to its ${member.size} bytes; the file is damaged.`)
}

function requireStored({ path }: FileBytes, { name, method, size, storedSize }: ZipMember): void {
  if (method === 0 && size === storedSize) return
  throw new CheckpointError(
    `${path}: entry \`${name}\` is compressed; an archive as \`torch.save\` writes it, nothing compressed, is needed.`,
  )
}

function requireLittleEndian(file: FileBytes, member: ZipMember | undefined): void {
  if (member === undefined || member.size > 16 || member.method !== 0) return
  const order = Buffer.from(file.read(dataOffset(file, member), member.size, member.name))
    .toString('latin1')
    .trim()
  if (order !== 'little')
    throw new CheckpointError(`${file.path}: its byte order is ${JSON.stringify(order)}; "little" is needed.`)
}

function checkStorage(file: FileBytes, name: string, storage: PickledStorage, member: ZipMember | undefined): void {
  if (member === undefined)
    throw new CheckpointError(
      `${file.path}: entry \`${name}\` lies in storage ${JSON.stringify(storage.key)}, which the archive lacks; the file is damaged.`,
    )
  requireStored(file, member)
  const needed = storage.count * storedBytes(storage.stored)
  if (member.size !== needed)
    throw new CheckpointError(
      `${file.path}: entry \`${name}\` needs ${needed} bytes in \`${member.name}\` (offset ${member.offset}), which has ${member.size}; the file is damaged.`,
    )
}

/** 0 stands for a sum that PyTorch was told not to compute. */
function checkSum(file: FileBytes, { name, crc, offset }: ZipMember, bytes: Uint8Array): void {
  if (crc !== 0 && crc32(bytes) !== crc)
    throw new CheckpointError(
      `${file.path}: \`${name}\` at offset ${offset} does not have the checksum that was stored with it; the file is damaged.`,
    )
}
