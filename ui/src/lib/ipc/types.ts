// Made from the Rust types by `cargo test -p skts-app --test bindings`. Do not edit.

export type SetUpStep = "connect" | "prove" | "register" | "save";
export type ContactView = { name: LocalizedView, contact: LocalizedView, accent: string, };
export type AppState = { "state": "not-set-up", pending: PendingView | null, } | { "state": "setup-sending", step: SetUpStep, } | { "state": "setup-wrong", serviceId: string, userId: string, contact: ContactView | null, } | { "state": "setup-network", pending: PendingView | null, } | { "state": "setup-busy", retryAfterSecs: number, pending: PendingView | null, } | { "state": "setup-level", level: number, lowest: number, contact: ContactView | null, } | { "state": "lapsed", contact: ContactView | null, } | { "state": "setup-done", token: TokenView, matchNumber: string, } | { "state": "ready", tokens: Array<TokenView>, selected: string, pending: PendingView | null, } | { "state": "expired", tokens: Array<TokenView>, selected: string, pending: PendingView | null, } | { "state": "keystore-locked" } | { "state": "keystore-absent" } | { "state": "keystore-slow" } | { "state": "item-missing", contacts: Array<ContactView>, } | { "state": "device-key-gone", contacts: Array<ContactView>, } | { "state": "other-device", contacts: Array<ContactView>, } | { "state": "corrupt", savedAside: string | null, contacts: Array<ContactView>, } | { "state": "no-machine-id" } | { "state": "newer-format" } | { "state": "in-use" } | { "state": "disk", problem: DiskProblem, } | { "state": "fault", code: ErrorCode, pending: PendingView | null, };
export type DiskProblem = "full" | "read-only" | "denied" | "other";
export type LocalizedView = { ja: string, en: string, };
export type DateView = { unixSecs: number, text: LocalizedView, };
export type SetUpWay = "activated" | "self-provisioned";
export type InstitutionView = { id: string, serviceId: string, name: LocalizedView, contact: LocalizedView, accent: string, way: SetUpWay, };
export type Language = "ja" | "en";
export type ViewMode = "standard" | "password-only";
export type GlanceView = { setUp: boolean, institutions: Array<InstitutionView>, language: Language | null, lastInstitution: string | null, mode: ViewMode, consentVersion: number, appVersion: string, };
export type TokenView = { id: string, institutionId: string, institutionName: LocalizedView, contact: LocalizedView, accent: string, serial: string, serialGrouped: string, startedAt: DateView, expiresAt: DateView, expired: boolean, digits: number, allowedDigits: Array<number>, periodSecs: number, mode: ViewMode, matchNumber: string | null, level: number, };
export type CodeView = { digits: string, grouped: string, next: string, nextGrouped: string, validFromMs: number, validUntilMs: number, nowMs: number, step: number, };
export type PendingStage = "prove" | "register" | "confirm";
export type PendingView = { institutionId: string, institutionName: LocalizedView, way: SetUpWay, stage: PendingStage, serviceId: string, userId: string | null, needsPassword: boolean, };
export type ErrorClass = "user-input" | "precondition" | "retry" | "environment" | "bug";
export type ErrorCode = "invalid-form" | "unknown-institution" | "wrong-way" | "consent-needed" | "unknown-token" | "digits-not-allowed" | "activation-refused" | "not-set-up" | "nothing-pending" | "password-needed" | "set-up-pending" | "level-too-low" | "expired" | "lapsed" | "network" | "busy" | "keystore-locked" | "keystore-absent" | "keystore-slow" | "item-missing" | "device-key-gone" | "other-device" | "corrupt" | "newer-format" | "no-machine-id" | "in-use" | "disk" | "institution-list" | "clock-off" | "service-answer" | "internal";
export type Field = "service-id" | "user-id" | "password";
export type Fault = { "kind": "empty" } | { "kind": "not-digits" } | { "kind": "length", least: number, most: number, found: number, };
export type FieldFault = { field: Field, fault: Fault, };
export type AppError = { code: ErrorCode, class: ErrorClass, faults: Array<FieldFault>, };
export type ActivationForm = { serviceId: string, userId: string, password: string, };
export type StartView = { glance: GlanceView | null, problem: AppError | null, markPainted: boolean, };
