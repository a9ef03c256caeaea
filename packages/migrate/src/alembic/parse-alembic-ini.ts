/** What the file does not say is left out. */
export interface AlembicIni {
  /** As written, with `%(here)s` and the like filled in. */
  scriptLocation?: string;
  versionLocations?: string[];
  isRecursive?: boolean;
}

/** The part of alembic.ini that says where the revisions are. `here` is its folder. */
export function parseAlembicIni(text: string, here: string): AlembicIni {
  const values = sectionOf(text);
  const get = (name: string): string | undefined => interpolate(values, name, here);
  const scriptLocation = get('script_location');
  const locations = split(get('version_locations') ?? '', get('path_separator') ?? get('version_path_separator'));
  const recursive = get('recursive_version_locations');
  return {
    ...(scriptLocation === undefined ? {} : { scriptLocation }),
    ...(locations.length === 0 ? {} : { versionLocations: locations }),
    ...(recursive === undefined ? {} : { isRecursive: /^(?:1|yes|true|on)$/i.test(recursive) }),
  };
}

/** As Python's configparser reads it: later values win, indented lines continue the value before them. */
function sectionOf(text: string): Map<string, string> {
  const defaults = new Map<string, string>();
  const values = new Map<string, string>();
  let section = '';
  let last: { into: Map<string, string>; key: string } | undefined;
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    if (/^\s*[#;]/.test(line)) continue;
    const [, name] = /^\[([^\]]+)\]/.exec(line) ?? [];
    const [, key, value] = /^([^\s=:[][^=:]*?)\s*[=:]\s*(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined) {
      section = name;
      last = undefined;
    } else if (/^\s+\S/.test(line) && last) {
      last.into.set(last.key, `${last.into.get(last.key) ?? ''}\n${line.trim()}`);
    } else if (key !== undefined && value !== undefined) {
      last = {
        into: section === 'DEFAULT' ? defaults : section === 'alembic' ? values : new Map(),
        key: key.toLowerCase(),
      };
      last.into.set(last.key, value);
    }
  }
  return new Map([...defaults, ...values]);
}

function interpolate(values: ReadonlyMap<string, string>, name: string, here: string, depth = 0): string | undefined {
  const value = name === 'here' ? here : values.get(name);
  if (value === undefined || depth > 10) return value;
  return value
    .replaceAll(/%\(([^)]+)\)s|%%/g, (whole, inner: string | undefined) =>
      inner === undefined ? '%' : (interpolate(values, inner.toLowerCase(), here, depth + 1) ?? whole),
    )
    .trim();
}

/** Without a separator, spaces and commas split, as in every version of Alembic before there was one. */
function split(locations: string, separator: string | undefined): string[] {
  const by = { os: process.platform === 'win32' ? ';' : ':', space: / +/, newline: '\n', ':': ':', ';': ';' };
  const known = Object.entries(by).find(([name]) => name === separator)?.[1] ?? /, *|\s+/;
  return locations
    .split(known)
    .map((one) => one.trim())
    .filter((one) => one !== '');
}
