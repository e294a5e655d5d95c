/** Reference list: references to tasks or other objects in a row, in order. It gets its room when all there is is known. */
import type { Field, Machine, MachineObject, Row } from '@scopemask/checker/machine'

/** A list of tasks or other objects that is part of the state. */
export class ReferenceList {
  readonly #machine: Machine
  readonly #object: MachineObject
  readonly #name: string
  readonly #slots: Field[] = []

  /** @param object whose list it is. */
  constructor(machine: Machine, object: MachineObject, name: string) {
    this.#machine = machine
    this.#object = object
    this.#name = name
  }

  /** Makes room for so many more. What is never used takes no bits. */
  grow(by: number): void {
    for (let slot = 0; slot < by; slot++) {
      this.#slots.push(this.#machine.reference(this.#object, `${this.#name} ${this.#slots.length}`))
    }
  }

  /** Puts a reference at the end. @returns true if there was room. */
  push(row: Row, reference: number): boolean {
    const slot = this.#slots.find((each) => each.get(row) === 0)
    slot?.set(row, reference)
    return slot !== undefined
  }

  /** The first reference for which `holds`, or 0. */
  find(row: Row, holds: (reference: number) => boolean): number {
    for (const slot of this.#slots) {
      const reference = slot.get(row)
      if (reference === 0) return 0
      if (holds(reference)) return reference
    }
    return 0
  }

  /** Returns true if what the reference stands for is on the list in this state. */
  includes(row: Row, reference: number): boolean {
    return this.find(row, (each) => each === reference) !== 0
  }

  /** Returns true if the list is empty in this state. */
  isEmpty(row: Row): boolean {
    return (this.#slots[0]?.get(row) ?? 0) === 0
  }

  /** All references, in order. */
  all(row: Row): number[] {
    const references: number[] = []
    this.find(row, (reference) => {
      references.push(reference)
      return false
    })
    return references
  }

  /** Takes the first occurrence of a reference off. @returns true if there was one. */
  remove(row: Row, reference: number): boolean {
    let found = false
    for (const [at, slot] of this.#slots.entries()) {
      found ||= slot.get(row) === reference
      if (found) slot.set(row, this.#slots[at + 1]?.get(row) ?? 0)
    }
    return found
  }

  /** Takes all off. */
  clear(row: Row): void {
    for (const slot of this.#slots) {
      if (slot.get(row) === 0) return
      slot.set(row, 0)
    }
  }
}
