declare module '@scopemask/eslint-plugin' {
  export const configs: {
    readonly recommended: Linter.Config;
  }
  export const meta: {
    name: string;
  }
  export const rules: {
    'has-one-flag': eslint.Rule.RuleModule;
    'no-current-after-await': eslint.Rule.RuleModule;
    'no-lost-hand-off': eslint.Rule.RuleModule;
    'no-outer-context': eslint.Rule.RuleModule;
  }
}
