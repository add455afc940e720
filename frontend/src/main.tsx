import "./design/tokens.css";
import "./design/base.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { startTheme } from "./app/theme";
import { startI18n } from "./i18n";
import { startWorker } from "./pwa/updates";

const root = document.getElementById("root");
if (!root) throw new Error("The page has no #root.");

startTheme();
// Not awaited at the top: parts that are loaded meanwhile may need this one.
void startI18n().then(() =>
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  ),
);
void startWorker();
