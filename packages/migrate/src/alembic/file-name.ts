/** The file in a folder of revisions that says where Python's are; both are then one graph. */
export const alembicFileName = 'alembic.json';
