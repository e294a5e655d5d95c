/** Policies: what the page lets choose, in the order of the matrix. */
import { policies } from 'made:cases'

export const POLICY_NAMES = policies
