// Where the page starts.

import "../page/style.css";
import { createRoot } from "react-dom/client";
import { applyPalette } from "../page/palette.js";
import { LabPage } from "./lab-page.js";

applyPalette();
createRoot(document.getElementById("page") as HTMLElement).render(<LabPage />);
