// Mantine's theme: the system's own fonts (nothing is loaded from elsewhere), dense sizes, the page's accent.
import { createTheme, type MantineThemeOverride } from '@mantine/core'

export const theme: MantineThemeOverride = createTheme({
  primaryColor: 'indigo',
  black: '#1a1f29',
  colors: {
    // Bluish greys, so that the components match the panels of theme.css in the dark scheme.
    dark: [
      '#e6e8ec',
      '#c3c8d1',
      '#9aa3b2',
      '#747d8c',
      '#3d434f',
      '#31353f',
      '#262a33',
      '#1d2026',
      '#16181d',
      '#101216',
    ],
  },
  defaultRadius: 'sm',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif',
  fontFamilyMonospace: 'var(--mono)',
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '19px' },
})
