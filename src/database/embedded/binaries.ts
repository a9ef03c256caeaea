export function findPackagedBinaries(): { folder: string } {
  throw new Error('not yet');
}
