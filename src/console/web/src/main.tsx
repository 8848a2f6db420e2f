import {render} from 'preact';
import {useEffect, useRef, useState} from 'preact/hooks';
import {About, call, token} from './api';
import {startLive, useLive, useToken} from './live';
import {Confirm} from './parts/confirm';
import {useLoad} from './parts/use_load';
import {link, useRoute} from './router';
import {applyTheme, ThemeButton} from './theme';
import {EventPage} from './pages/event';
import {EventsPageView} from './pages/events';
import {LettersPageView} from './pages/letters';
import {LivePage} from './pages/live';
import {SendPage} from './pages/send';
import {StatusPage} from './pages/status';
import {UploadPage} from './pages/upload';
import './console.css';

const kPages = [['', 'Live'], ['events', 'Events'], ['event', 'Event'], ['letters', 'Dead letters'],
  ['send', 'Send'], ['upload', 'Upload'], ['status', 'Status']] as const;

function Menu(props: {current: string}) {
  const menu = useRef<HTMLElement>(null);
  // On a phone the menu is wider than the window.
  useEffect(() => {
    menu.current?.querySelector('[aria-current]')?.scrollIntoView({block: 'nearest', inline: 'center'});
  }, [props.current]);
  return (
    <nav ref={menu} class="menu" aria-label="Pages of the console">
      <ul>
        {kPages.map(([path, name]) => (
          <li key={path}><a href={path ? link(path) : '#/'} aria-current={props.current === path ? 'page' : undefined}>{name}</a></li>
        ))}
      </ul>
    </nav>
  );
}

/** Says on every page that something is down, and goes away by itself. */
function Banner(props: {live: ReturnType<typeof useLive>}) {
  const {live} = props;
  const last = live.samples[live.samples.length - 1];
  const broken: string[] = [];
  if (live.trouble) broken.push(live.trouble);
  else if (last) {
    if (!last.log.ok) broken.push(`The event log does not answer: ${last.log.detail ?? ''}`);
    if (!last.index.ok) broken.push(`The document index does not answer: ${last.index.detail ?? ''}`);
    for (const part of last.parts) if (!part.ready) broken.push(`${part.name} is not ready. ${part.detail ?? ''}`);
  }
  return (
    <div role="status" class="banner-place">
      {broken.length > 0 && <div class="banner">{broken.map((text) => <p key={text}>{text}</p>)}</div>}
    </div>
  );
}

function TokenDialog() {
  const [isWanted, setWanted] = useState(false);
  const [value, setValue] = useState('');
  useEffect(() => token.onWanted(() => setWanted(true)), []);
  if (!isWanted) return null;
  return (
    <Confirm title="This console wants a token" action="Use it" disabled={!value} onClose={() => setWanted(false)}
      onConfirm={() => { useToken(value); location.reload(); }}>
      <p>It is the one of CONSOLE_TOKEN. This browser keeps it until you have it forgotten on the Status page.</p>
      <label>Token<input type="password" value={value} autocomplete="off" onInput={(event) => setValue((event.target as HTMLInputElement).value)} /></label>
    </Confirm>
  );
}

function App() {
  const route = useRoute();
  const live = useLive();
  const about = useLoad((signal) => call<About>('/api/about', {signal}), '').value;
  const page = route.path[0] ?? '';
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById('main')?.focus(); }}>To the content</a>
      <header class="top">
        <a class="brand" href="#/"><svg viewBox="0 0 16 16" aria-hidden="true"><path d="M2 3c5 0 3 5 6 5m6-5c-5 0-4 5-6 5v6" /></svg>Tributary</a>
        <Menu current={page} />
        <ThemeButton />
      </header>
      <main id="main" tabIndex={-1}>
        <Banner live={live} />
        {page === '' && <LivePage about={about} live={live} />}
        {page === 'events' && <EventsPageView about={about} route={route} />}
        {page === 'event' && <EventPage id={route.path[1] ?? ''} />}
        {page === 'letters' && <LettersPageView key={route.path[1] ?? ''} about={about} route={route} />}
        {page === 'send' && <SendPage about={about} />}
        {page === 'upload' && <UploadPage about={about} />}
        {page === 'status' && <StatusPage about={about} live={live} />}
        {!kPages.some(([path]) => path === page) && <p class="empty">There is no such page. <a href="#/">Live</a></p>}
      </main>
      <TokenDialog />
    </>
  );
}

applyTheme();
startLive();
render(<App />, document.getElementById('app')!);
