// Matrix products. onnxruntime's FusedMatMul reads either factor transposed, so that no transposed copy is made.
import { shapeText } from '../base/nd-array.ts'
import { sameShape } from './graph.ts'
import type { Value } from './graph-builder.ts'
import type { Kernel } from './kernel.ts'
import { pickedByProduct, productOfGradient } from './one-hot.ts'
import type { Simplifier } from './simplify.ts'

const batchMatMul: Kernel = (to, x, { transposeA, transposeB }) => {
  const a = upright(x.a!, transposeA === true)
  const b = upright(x.b!, transposeB === true)
  const batch = a.value.shape.slice(0, -2)
  const [rows, inner] = a.transposed ? sides(a.value).reverse() : sides(a.value)
  const [alsoInner, columns] = b.transposed ? sides(b.value).reverse() : sides(b.value)
  if (inner !== alsoInner || !sameShape(batch, b.value.shape.slice(0, -2)))
    throw new Error(
      `matMul: ${inner} columns meet ${alsoInner} rows in the product of ${shapeText(x.a!.shape)} and ${shapeText(x.b!.shape)}`,
    )
  const product = (left: Value, right: Value) => {
    const type = { dtype: 'float32', shape: [...batch, rows!, columns!] } as const
    if (!a.transposed && !b.transposed) return to.builder.node('MatMul', [left, right], type)
    const attributes = { transA: Number(a.transposed), transB: Number(b.transposed) }
    return to.builder.node('com.microsoft.FusedMatMul', [left, right], type, attributes)
  }
  if (a.transposed || b.transposed) return product(a.value, b.value)
  return pickedByProduct(to, a.value, b.value) ?? withoutOneHot(to, a.value, b.value, product)
}

function withoutOneHot(to: Simplifier, a: Value, b: Value, product: (a: Value, b: Value) => Value): Value {
  return productOfGradient(to, a, b, (left, right) => withoutOneHot(to, left, right, product)) ?? product(a, b)
}

function sides({ shape }: Value): number[] {
  return shape.slice(-2)
}

/** The matrix as it lies in memory, and whether the product is to read it transposed. */
function upright(value: Value, transposed: boolean): { value: Value; transposed: boolean } {
  const { node } = value
  if (node?.op !== 'Transpose') return { value, transposed }
  const order = node.attributes.perm as readonly number[]
  const rank = order.length
  const swapsLastTwo = order.every((axis, i) => axis === (i < rank - 2 ? i : 2 * rank - 3 - i))
  return swapsLastTwo ? { value: node.inputs[0]!, transposed: !transposed } : { value, transposed }
}

export const productKernels: Readonly<Record<string, Kernel>> = { BatchMatMul: batchMatMul }
