export type { CorsOptions } from './cors.ts';
export { wireCors } from './cors.ts';
export type { ErrorItem, WireResponse } from './errors.ts';
export {
  BodyParseFailure,
  errorBody,
  internalServerError,
  renderWireError,
  ValidationFailure,
} from './errors.ts';
export type { Fingerprint, FingerprintOptions } from './fingerprint/fingerprint.ts';
export { fingerprint, planFingerprint } from './fingerprint/fingerprint.ts';
export type { Probe, SendProbe } from './fingerprint/probe.ts';
export { describeRange } from './fingerprint/releases.ts';
export { sendTo } from './fingerprint/send.ts';
export { parseCookies } from './http/cookies.ts';
export { credentialsRefusal, parseBearerCredentials } from './http/credentials.ts';
export { reasonPhrase } from './http/reason-phrase.ts';
export { isLoopbackPeer } from './http/unmatched.ts';
export type { ParsedBody } from './json/parse.ts';
export { parseBody } from './json/parse.ts';
export { stringifyEcho } from './json/write.ts';
export type { OpenapiDocument, OpenapiOptions } from './openapi/document.ts';
export { openapiDocument } from './openapi/document.ts';
export type { OpenapiRouteConfig, RegisteredRoute } from './openapi/operation.ts';
export type { WireOptions } from './plugin.ts';
export { wire } from './plugin.ts';
export type { ProfileFile } from './profile/parse.ts';
export { ProfileError, parseProfileFile, profileOf } from './profile/parse.ts';
export type { Preset, PresetName } from './profile/presets.ts';
export { defaultPreset, isPresetName, presets } from './profile/presets.ts';
export type { WireProfile } from './profile.ts';
export { fastapi0128 } from './profile.ts';
export type { WireRouteConfig } from './route.ts';
export type { Serializer } from './serialize/compile.ts';
export { compileSerializer } from './serialize/compile.ts';
export type { ExclusionOptions } from './serialize/exclude.ts';
export { stringifyPlain } from './serialize/plain.ts';
export { compileResponse, ResponseMismatch } from './serialize/response.ts';
export { registeredRoutes, serverOptions } from './server-options.ts';
export { WireDate, WireDateTime, WireFile, WireFileBytes, WireInteger, WireTime, WireUuid } from './typebox.ts';
export { WireValueError } from './validate/after.ts';
export type { BodyValidator, Validated } from './validate/body.ts';
export { compileBody } from './validate/body.ts';
export { compileParameters } from './validate/parameters.ts';
export type { JsonSchema, WireRules } from './validate/schema.ts';
export { UnsupportedSchemaError } from './validate/schema.ts';
export { CalendarDate, DateTime, TimeOfDay } from './values/date-time.ts';
export { Decimal, parseDecimal } from './values/decimal.ts';
export { Duration } from './values/duration.ts';
export { Float } from './values/float.ts';
export { Secret } from './values/secret.ts';
export { UploadedFile } from './values/uploaded-file.ts';
export { parseUuid } from './values/uuid.ts';
