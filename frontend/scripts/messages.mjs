// Fails when a language lacks a message, has one too many, or lacks a plural form or a placeholder.
import { readdirSync, readFileSync } from "node:fs";

const MESSAGES = new URL("../src/i18n/messages/", import.meta.url);
const PLURAL = /_(zero|one|two|few|many|other)$/;
const ORIGINAL = "en";
const complaints = [];

const read = (language, file) =>
  JSON.parse(readFileSync(new URL(`${language}/${file}`, MESSAGES), "utf8"));
const bare = (key) => key.replace(PLURAL, "");
const placeholders = (text) => [...text.matchAll(/{{\w+}}/g)].map(([found]) => found).sort();

/** The keys that a language has to have: each plural in all of its own forms. */
function wantedKeys(language, original) {
  const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
  return Object.keys(original).flatMap((key) =>
    PLURAL.test(key) ? forms.map((form) => `${bare(key)}_${form}`) : [key],
  );
}

function check(language, file) {
  const original = read(ORIGINAL, file);
  const messages = read(language, file);
  const wanted = new Set(wantedKeys(language, original));
  for (const key of wanted) {
    if (!messages[key]) complaints.push(`${language}/${file} lacks ${key}`);
  }
  for (const [key, text] of Object.entries(messages)) {
    if (!wanted.has(key)) complaints.push(`${language}/${file} has ${key}, which English has not`);
    const model = original[key] ?? original[`${bare(key)}_other`] ?? "";
    const lacking = placeholders(model).filter((each) => !text.includes(each));
    const others = placeholders(text).filter((each) => !model.includes(each));
    // A plural form may say its number in a word: "two channels".
    const missing = lacking.filter((each) => !(PLURAL.test(key) && each === "{{count}}"));
    for (const each of [...missing, ...others]) {
      complaints.push(`${language}/${file} ${key}: ${each} is not in both`);
    }
  }
}

const languages = readdirSync(MESSAGES).sort();
const files = readdirSync(new URL(`${ORIGINAL}/`, MESSAGES)).sort();
for (const language of languages) {
  for (const file of files) {
    try {
      check(language, file);
    } catch (error) {
      complaints.push(`${language}/${file}: ${error.message}`);
    }
  }
}
for (const complaint of complaints) console.error(complaint);
if (complaints.length > 0) process.exit(1);
console.log(`${languages.length} languages have all messages of ${files.length} files.`);
