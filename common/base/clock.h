/* The two clocks. Pure files take the time as an argument instead of asking. */
#ifndef CHATAPP_BASE_CLOCK_H
#define CHATAPP_BASE_CLOCK_H

#include <stdint.h>

int64_t clock_wall_ms(void); /* since 1970 UTC: for what people and other machines see */
int64_t clock_mono_ms(void); /* never goes back: for intervals and deadlines */
int64_t clock_mono_us(void);

#endif
