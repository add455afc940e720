import type common from "./messages/en/common.json";
import type compare from "./messages/en/compare.json";
import type dub from "./messages/en/dub.json";
import type edit from "./messages/en/edit.json";
import type fit from "./messages/en/fit.json";
import type library from "./messages/en/library.json";
import type newDub from "./messages/en/new-dub.json";
import type problems from "./messages/en/problems.json";
import type settings from "./messages/en/settings.json";
import type signIn from "./messages/en/sign-in.json";
import type speakers from "./messages/en/speakers.json";
import type usage from "./messages/en/usage.json";
import type warnings from "./messages/en/warnings.json";
import type words from "./messages/en/words.json";

/** Keys are checked against the English files; a new area gets a line here. */
declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "common";
    keySeparator: false;
    nsSeparator: false;
    resources: {
      common: typeof common;
      compare: typeof compare;
      dub: typeof dub;
      edit: typeof edit;
      fit: typeof fit;
      library: typeof library;
      "new-dub": typeof newDub;
      problems: typeof problems;
      settings: typeof settings;
      "sign-in": typeof signIn;
      speakers: typeof speakers;
      usage: typeof usage;
      warnings: typeof warnings;
      words: typeof words;
    };
  }
}
