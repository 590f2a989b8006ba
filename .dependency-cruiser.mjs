// The layer table and the doors of the architecture, checked by `npm run check`. To change the structure, change this table and say why in the commit.
const all = [
  'base',
  'config',
  'tokenizer',
  'checkpoint',
  'images',
  'tables',
  'data',
  'engine',
  'nn',
  'models',
  'peft',
  'training',
  'decoding',
  'metrics',
  'tracking',
  'sources',
]

/** folder -> the folders it may import, beside itself */
const layers = {
  base: [],
  config: ['base'],
  tokenizer: ['base'],
  checkpoint: ['base'],
  images: ['base'],
  tables: ['base'],
  engine: ['base'],
  metrics: ['base'],
  tracking: ['base'],
  sources: ['base'],
  data: ['base', 'tokenizer', 'checkpoint', 'images'],
  nn: ['base', 'engine'],
  decoding: ['base', 'engine'],
  models: ['base', 'engine', 'nn', 'checkpoint'],
  peft: ['base', 'engine', 'nn'],
  training: ['base', 'engine', 'nn', 'checkpoint'],
  setup: ['base', 'checkpoint', 'engine'],
  recipes: all,
  runner: ['base', 'config', 'tracking'],
  submission: ['base', 'config', 'checkpoint', 'tracking', 'metrics'],
  report: ['base', 'tracking', 'metrics', 'tables', 'images', 'checkpoint'],
  cli: ['base', 'config', 'tracking', 'runner', 'recipes', 'sources', 'tables', 'submission', 'setup', 'dashboards', 'report'],
  dashboards: ['base', 'tracking', 'metrics', 'tables', 'images', 'checkpoint'],
}

const pathOf = (folder) => (folder === 'dashboards' ? '^dashboards/' : `^src/${folder}/`)

/** package -> the only folder that may import it */
const doors = {
  '^better-sqlite3$': 'tracking',
  '^sharp$': 'images',
  '^(yaml|ajv|fastest-levenshtein)$': 'config',
  '^(@tensorflow/|onnxruntime-node$|pbf$)': 'engine',
  '^commander$': 'cli',
  '^(ink|react)$': 'dashboards',
  '^(@myriaddreamin/|echarts$)': 'report',
}

const notInto = Object.entries(layers).map(([from, allowed]) => ({
  name: `layer-${from}`,
  comment: `${from} may import ${allowed.length === 0 ? 'nothing but itself' : allowed.join(', ')}`,
  severity: 'error',
  from: { path: pathOf(from) },
  to: { path: '^(src|dashboards)/', pathNot: [from, ...allowed].map(pathOf) },
}))

const throughDoors = Object.entries(doors).map(([name, door]) => ({
  name: `door-${door}-${name.replace(/[^a-z0-9]+/g, '-')}`,
  comment: `${name} is imported by ${door} alone`,
  severity: 'error',
  from: { path: '^(src|dashboards)/', pathNot: pathOf(door) },
  to: {
    path: `node_modules/(${name
      .replace(/^\^|\$$/g, '')
      .replace(/\$\)/g, ')')
      .replace(/\$\|/g, '|')})`,
  },
}))

export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-unlisted',
      comment: 'a package must be in package.json',
      severity: 'error',
      from: { path: '^(src|dashboards)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'] },
    },
    ...notInto,
    ...throughDoors,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types'],
    },
  },
}
