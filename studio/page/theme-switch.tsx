// Light, dark, or as the reader's system says.

import { useState } from "react";

const themes = { auto: "light dark", light: "light", dark: "dark" } as const;
type Theme = keyof typeof themes;

export function ThemeSwitch() {
  const [theme, setTheme] = useState<Theme>("auto");
  const choose = (next: Theme) => {
    document.documentElement.style.colorScheme = themes[next];
    setTheme(next);
  };
  return (
    <label className="theme">
      Colours
      <select value={theme} onChange={({ target }) => choose(target.value as Theme)}>
        <option value="auto">as the system</option>
        <option value="light">light</option>
        <option value="dark">dark</option>
      </select>
    </label>
  );
}
