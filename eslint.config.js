import js from "@eslint/js";
import a11y from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import ts from "typescript-eslint";

export default ts.config(
  { ignores: ["**/dist/**", "**/node_modules/**", "**/schema.ts", ".venv*/**", "var/**"] },
  js.configs.recommended,
  { files: ["**/*.{js,mjs}"], languageOptions: { globals: { ...nodeGlobals(), ...pageGlobals() } } },
  {
    files: ["**/*.{ts,tsx}"],
    extends: [...ts.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": "off",
      // React's handlers and our effects start things and do not wait.
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: false }],
    },
  },
  {
    files: ["frontend/src/**/*.{ts,tsx}"],
    extends: [a11y.flatConfigs.recommended, hooks.configs.flat["recommended-latest"]],
  },
);

function nodeGlobals() {
  return { console: "readonly", process: "readonly", URL: "readonly" };
}

function pageGlobals() {
  return { document: "readonly", localStorage: "readonly", matchMedia: "readonly" };
}
