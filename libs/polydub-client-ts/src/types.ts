import type { components } from "./schema.js";

type Schemas = components["schemas"];

export type Artifact = Schemas["ArtifactOut"];
export type Dub = Schemas["DubOut"];
export type DubPage = Schemas["DubPage"];
/** What to ask for when a dub is started. */
export type DubRequest = Schemas["DubIn"];
export type DubState = Schemas["State"];
export type Engine = Schemas["EngineOut"];
export type Engines = Schemas["EnginesOut"];
export type Estimate = Schemas["EstimateOut"];
export type Fault = Schemas["Fault"];
export type FeedChange = Schemas["FeedChange"];
export type FeedStart = Schemas["FeedStart"];
export type Glossary = Schemas["GlossaryOut"];
export type Import = Schemas["ImportOut"];
export type LanguagePair = Schemas["PairOut"];
export type Languages = Schemas["LanguagesOut"];
export type Me = Schemas["MeOut"];
export type Notice = Schemas["Notice"];
export type Problem = Schemas["Problem"];
export type Progress = Schemas["ProgressOut"];
export type RegisteredSpeaker = Schemas["RegisteredSpeakerOut"];
export type Script = Schemas["ScriptOut"];
export type ScriptSpeaker = Schemas["SpeakerOut"];
export type Segment = Schemas["SegmentOut"];
export type SegmentChange = Schemas["SegmentChange"];
export type Share = Schemas["ShareOut"];
export type ShareRequest = Schemas["ShareIn"];
export type SharedDub = Schemas["SharedOut"];
export type Suggestion = Schemas["SuggestionOut"];
export type TargetLanguage = Schemas["LanguageOut"];
export type UploadState = Schemas["UploadOut"];
export type Video = Schemas["VideoOut"];
export type Voice = Schemas["VoiceOut"];
export type WaysIn = Schemas["WaysOut"];
export type Wording = Schemas["WordingOut"];
