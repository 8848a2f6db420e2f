import {defineConfig} from 'vite';

// Three files with fixed names: CMake puts them into the binary, which tells versions apart by ETag.
// Nothing inline, because the page's content security policy allows nothing inline.
export default defineConfig({
  esbuild: {jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none'},
  server: {proxy: {'/api': 'http://127.0.0.1:8080', '/events': 'http://127.0.0.1:8080', '/bucket': 'http://127.0.0.1:8080'}},
  build: {
    target: 'es2022',
    modulePreload: false,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    rollupOptions: {
      output: {
        entryFileNames: 'console.js',
        assetFileNames: 'console[extname]',
        inlineDynamicImports: true,
      },
    },
  },
});
