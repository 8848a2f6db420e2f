// Light and dark: as the system says, until somebody says otherwise.
import {useState} from 'preact/hooks';

const kKey = 'tributary-theme';
const kThemes = ['auto', 'light', 'dark'] as const;
type Theme = typeof kThemes[number];

const stored = (): Theme => {
  const value = localStorage.getItem(kKey) as Theme | null;
  return value && kThemes.includes(value) ? value : 'auto';
};

export function applyTheme() {
  const theme = stored();
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  dispatchEvent(new Event('tributary-theme'));
}

export function ThemeButton() {
  const [theme, setTheme] = useState(stored());
  const change = () => {
    const next = kThemes[(kThemes.indexOf(theme) + 1) % kThemes.length]!;
    localStorage.setItem(kKey, next);
    setTheme(next);
    applyTheme();
  };
  return <button type="button" class="small theme" onClick={change} aria-label={`Colours: ${theme}. Change`}>{theme === 'auto' ? '◐' : theme === 'light' ? '☀' : '☾'} <span>{theme}</span></button>;
}
