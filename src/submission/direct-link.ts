// Links as people share them, turned into links that give the file itself: what wget fetches must not be a page about the file.

/** The direct link for a share link of Google Drive or Dropbox; any other address as it is. */
export function directLink(link: string): string {
  const url = new URL(link)
  if (/(^|\.)(drive|docs)\.google\.com$/.test(url.hostname)) return driveLink(url) ?? link
  if (/(^|\.)dropbox\.com$/.test(url.hostname)) return dropboxLink(url)
  return link
}

/** `confirm=t` passes the page that warns of large files that were not searched for viruses. */
function driveLink({ pathname, searchParams }: URL): string | undefined {
  const id = /\/file\/(?:u\/\d+\/)?d\/([\w-]+)/.exec(pathname)?.[1] ?? searchParams.get('id')
  if (id === null) return undefined
  const key = searchParams.get('resourcekey')
  return `https://drive.usercontent.google.com/download?id=${id}&export=download&confirm=t${key === null ? '' : `&resourcekey=${key}`}`
}

/** `rlkey` is the permission and must stay. */
function dropboxLink(url: URL): string {
  const direct = new URL(url)
  direct.searchParams.delete('raw')
  direct.searchParams.set('dl', '1')
  return direct.href
}
