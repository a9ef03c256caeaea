import { basename, dirname, join, relative } from 'node:path';
import { MigrationError } from '../errors.ts';
import { type AlembicIni, parseAlembicIni } from './parse-alembic-ini.ts';
import { parseAlembicToml } from './parse-alembic-toml.ts';
import { readText } from './read-text.ts';

/** Where Alembic's configuration says that the revisions are. */
export interface AlembicConfig {
  scriptLocation: string;
  versionLocations: string[];
  isRecursive: boolean;
}

/** The other file of an Alembic project: `alembic -c` names one of the two and takes the other from where it is called. */
const iniName = 'alembic.ini';
const tomlName = 'pyproject.toml';

/**
 * Reads the file that alembic.json names, absolute, and its like beside it: as Alembic does from 1.16 on, alembic.ini says first,
 * and what it does not say is in `[tool.alembic]` of pyproject.toml. `from` is the folder from which files are named in messages. Throws
 * `bad_alembic_ini` and `folder_unreadable`.
 */
export async function readAlembicConfig(named: string, from: string): Promise<AlembicConfig> {
  const here = dirname(named);
  const isToml = named.endsWith('.toml');
  const [iniFile, tomlFile] = isToml ? [join(here, iniName), named] : [named, join(here, tomlName)];
  const iniText = await readText(iniFile, isToml);
  const tomlText = await readText(tomlFile, !isToml);
  const ini: AlembicIni = parseAlembicIni(iniText ?? '', here);
  const toml = tomlText === undefined ? {} : await parseAlembicToml(relative(from, tomlFile), tomlText, here);
  const scriptLocation = ini.scriptLocation ?? toml.scriptLocation;
  if (scriptLocation === undefined) {
    const section = isToml ? '[tool.alembic]' : '[alembic]';
    const hint = 'Name the folders of the revisions instead: {"folders": ["…/versions"]} in alembic.json.';
    throw new MigrationError({
      ...{ code: 'bad_alembic_ini', message: `there is no script_location in ${section}` },
      ...{ file: join(relative(from, here), basename(named)), hint },
    });
  }
  return {
    scriptLocation,
    versionLocations: ini.versionLocations ?? toml.versionLocations ?? [],
    isRecursive: ini.isRecursive ?? toml.isRecursive ?? false,
  };
}
