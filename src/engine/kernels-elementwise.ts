// Arithmetic, comparisons and choices, value by value with broadcasting.
import type { ElementType } from './graph.ts'
import type { Kernel } from './kernel.ts'

const unary =
  (op: string): Kernel =>
  (to, { x }) =>
    to.elementwise(op, [x!], x!.dtype)

const binary =
  (op: string, dtype?: ElementType): Kernel =>
  (to, { a, b }) =>
    to.elementwise(op, [a!, b!], dtype ?? a!.dtype)

const floorDiv: Kernel = (to, { a, b }) => {
  const quotient = to.elementwise('Div', [to.cast(a!, 'float32'), to.cast(b!, 'float32')], 'float32')
  return to.cast(to.elementwise('Floor', [quotient], 'float32'), a!.dtype)
}

/** 1 where x > 0, `alpha` elsewhere: tfjs's derivative of relu and abs. */
const step: Kernel = (to, { x }, { alpha = 0 }) => {
  const positive = to.elementwise('Greater', [x!, to.fill(0, x!.dtype, [])], 'bool')
  if (alpha === 0) return to.cast(positive, x!.dtype)
  return to.elementwise('Where', [positive, to.fill(1, x!.dtype, []), to.fill(alpha as number, x!.dtype, [])], x!.dtype)
}

/** A condition of rank 1 chooses whole rows. */
const select: Kernel = (to, { condition, t, e }) => {
  const whole = condition!.shape.length === t!.shape.length
  const where = whole ? condition! : to.reshape(condition!, [...condition!.shape, ...t!.shape.slice(1).map(() => 1)])
  return to.elementwise('Where', [where, t!, e!], t!.dtype)
}

export const elementwiseKernels: Readonly<Record<string, Kernel>> = {
  Abs: unary('Abs'),
  Erf: unary('Erf'),
  Exp: unary('Exp'),
  Log: unary('Log'),
  Neg: unary('Neg'),
  Relu: unary('Relu'),
  Sigmoid: unary('Sigmoid'),
  Sign: unary('Sign'),
  Sqrt: unary('Sqrt'),
  Tanh: unary('Tanh'),
  Reciprocal: unary('Reciprocal'),
  Rsqrt: (to, { x }) => to.elementwise('Reciprocal', [to.elementwise('Sqrt', [x!], 'float32')], 'float32'),
  Square: (to, { x }) => to.elementwise('Mul', [x!, x!], x!.dtype),
  Step: step,
  Cast: (to, { x }, { dtype }) => to.cast(x!, dtype as ElementType),
  Identity: (_, { x }) => x!,

  Add: binary('Add'),
  AddN: (to, x) => Object.values(x).reduce((sum, term) => to.elementwise('Add', [sum, term], sum.dtype)),
  Sub: binary('Sub'),
  Multiply: binary('Mul'),
  RealDiv: binary('Div'),
  FloorDiv: floorDiv,
  Pow: binary('Pow'),
  Maximum: binary('Max'),
  Minimum: binary('Min'),
  SquaredDifference: (to, { a, b }) => {
    const difference = to.elementwise('Sub', [a!, b!], a!.dtype)
    return to.elementwise('Mul', [difference, difference], a!.dtype)
  },

  Equal: binary('Equal', 'bool'),
  NotEqual: (to, { a, b }) => to.elementwise('Not', [to.elementwise('Equal', [a!, b!], 'bool')], 'bool'),
  Greater: binary('Greater', 'bool'),
  GreaterEqual: binary('GreaterOrEqual', 'bool'),
  Less: binary('Less', 'bool'),
  LessEqual: binary('LessOrEqual', 'bool'),
  LogicalAnd: binary('And', 'bool'),
  LogicalOr: binary('Or', 'bool'),
  LogicalNot: (to, { x }) => to.elementwise('Not', [x!], 'bool'),
  Select: select,
}
