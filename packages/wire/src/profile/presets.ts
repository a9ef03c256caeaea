import type { WireProfile } from '../profile.ts';
import { fastapi0128 } from '../profile.ts';

const fastapi0122: WireProfile = Object.freeze({
  ...fastapi0128,
  emptyFormValueIsMissing: false,
  repeatedExtra: 'last',
  semicolonSeparatesFields: true,
  bareLastFieldIsLost: true,
  uuidMessages: 'hint-from-1',
});

const fastapi0121: WireProfile = Object.freeze({ ...fastapi0122, missingCredentials: 403 });

const fastapi0115: WireProfile = Object.freeze({
  ...fastapi0121,
  millisecondFraction: 'of-a-second',
  pointFirstTimestamp: false,
  emailLongLocalPart: false,
  emailAtSignsNamed: false,
});

const fastapi0131: WireProfile = Object.freeze({
  ...fastapi0128,
  bearerCredentials: 'stripped',
  floatNotation: 'rust',
  validationErrorInOpenapi: 'with-input-and-ctx',
  binaryInOpenapi: 'content-media-type',
  corsPrivateNetworkRefused: true,
});

const fastapi0142: WireProfile = Object.freeze({
  ...fastapi0131,
  jsonWithoutContentType: false,
  corsVaryAlways: true,
  corsQueryMethod: true,
  maxFormFields: 1000,
  malformedMultipart: 'Invalid multipart data.',
});

const fastapi0165: WireProfile = Object.freeze({
  ...fastapi0142,
  nullBody: 'value',
  emptyFormModelValueIsMissing: true,
  emptyFileIsMissing: true,
  defaultsAreValidated: false,
  uuidMessages: 'from-0',
  dictionaryTooLong: 'more',
  negativeTimestampFraction: 'exact',
  durationOverflow: 'refused',
  emailLineBreaksRefused: true,
  emailNamePoints: true,
});

/** A profile with what it was measured on: the packages as `pip freeze` names them. Python is 3.11 in all of them. */
export interface Preset {
  readonly profile: WireProfile;
  readonly packages: string;
}

/**
 * By FastAPI release, each with the other libraries as an installation of its day had them. Where an installation
 * mixes releases differently, start from the nearest one and set members.
 */
export const presets = Object.freeze({
  'fastapi-0.115': {
    profile: fastapi0115,
    packages: 'fastapi 0.115.14, starlette 0.46.2, pydantic 2.11.10, email-validator 2.2.0, python-multipart 0.0.20',
  },
  'fastapi-0.121': {
    profile: fastapi0121,
    packages: 'fastapi 0.121.3, starlette 0.49.3, pydantic 2.12.4, email-validator 2.3.0, python-multipart 0.0.20',
  },
  'fastapi-0.122': {
    profile: fastapi0122,
    packages: 'fastapi 0.122.0, starlette 0.50.0, pydantic 2.12.5, email-validator 2.3.0, python-multipart 0.0.20',
  },
  'fastapi-0.128': {
    profile: fastapi0128,
    packages: 'fastapi 0.128.0, starlette 0.50.0, pydantic 2.13.5, email-validator 2.3.0, python-multipart 0.0.32',
  },
  'fastapi-0.131': {
    profile: fastapi0131,
    packages: 'fastapi 0.131.0, starlette 0.52.1, pydantic 2.13.5, email-validator 2.3.0, python-multipart 0.0.32',
  },
  'fastapi-0.142': {
    profile: fastapi0142,
    packages: 'fastapi 0.142.2, starlette 1.7.0, pydantic 2.13.5, email-validator 2.3.0, python-multipart 0.0.32',
  },
  'fastapi-0.165': {
    profile: fastapi0165,
    packages: 'fastapi 0.165.0, starlette 1.10.0, pydantic 2.14.4, email-validator 2.4.0, python-multipart 0.0.34',
  },
}) satisfies Readonly<Record<string, Preset>>;

export type PresetName = keyof typeof presets;

/** The incumbent's: what everything uses that is told nothing else. */
export const defaultPreset: PresetName = 'fastapi-0.128';

export function isPresetName(name: string): name is PresetName {
  return Object.hasOwn(presets, name);
}
