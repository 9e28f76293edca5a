// Where the studio's page starts.

import "../page/style.css";
import "./app.css";
import { createRoot } from "react-dom/client";
import { applyPalette } from "../page/palette.js";
import { App } from "./app.js";

applyPalette();
createRoot(document.getElementById("page") as HTMLElement).render(<App />);
