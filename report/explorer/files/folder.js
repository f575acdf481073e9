// What was chosen or dropped, files or a folder: {files, folder}, where `folder` is its name or "".

/** The files of a field that lets one choose a folder; those in folders below are left out. */
export function filesOfField({ files }) {
  const paths = [...files].map((file) => file.webkitRelativePath.split("/")); // [folder, ..., name]
  return {
    files: [...files].filter((_, k) => paths[k].length <= 2),
    folder: paths.length && paths[0].length > 1 ? paths[0][0] : "",
  };
}

/** The files that were dropped, or those of the folder that was; call it while the event lasts. */
export async function filesOfDrop({ files, items }) {
  const isFile = ({ kind }) => kind === "file";
  const [first] = [...items].filter(isFile);
  const entry = first?.webkitGetAsEntry();
  if (!entry?.isDirectory) return { files: [...files], folder: "" };
  // Chromium reads a folder by its handle alone if the page is on a disk; Firefox has no handles.
  const reading = first.getAsFileSystemHandle ? filesOfHandle(first) : filesOfEntry(entry);
  return { files: await reading, folder: entry.name };
}

async function filesOfHandle(item) {
  const handle = await item.getAsFileSystemHandle();
  const files = [];
  for await (const each of handle.values()) {
    if (each.kind === "file") files.push(await each.getFile());
  }
  return files;
}

async function filesOfEntry(entry) {
  const reader = entry.createReader();
  const next = () => new Promise((resolve, reject) => reader.readEntries(resolve, reject));
  const fileOf = (each) => new Promise((resolve, reject) => each.file(resolve, reject));
  const entries = [];
  let some;
  do {
    some = await next(); // it gives a hundred at a time
    entries.push(...some);
  } while (some.length > 0);
  return Promise.all(entries.filter((each) => each.isFile).map(fileOf));
}
