/* SPDX-License-Identifier: MIT */
/* What pvtop shows, as lines of text: of any width and height, on any output. */
#ifndef PVTOP_VIEW_H
#define PVTOP_VIEW_H

#include "rates.h"

#define VIEW_WIDTH_MAX 256
#define VIEW_WIDTH_MIN 20

enum sort_key {
    SORT_ID,
    SORT_NAME,
    SORT_CPU,
    SORT_MEMORY,
    SORT_HYPERCALLS,
    SORT_EXITS,
    SORT_EVENTS,
    SORT_GRANTS,
    SORT_KEYS,
};

enum line_look { LOOK_PLAIN, LOOK_TITLE, LOOK_SELECTED };

struct line {
    enum line_look look;
    char text[VIEW_WIDTH_MAX + 1];
};

struct view {
    unsigned int width, height; /* of the screen; height 0: as many lines as it takes */
    enum sort_key sort;
    bool details;      /* of the selected domain, below the table */
    bool all;          /* … or of every domain */
    uint32_t selected; /* its number; of none there is: the first of the table */
    double interval;   /* seconds */
    unsigned int nr_lines, room;
    struct line *line;
};

/* Make the lines anew. v->selected is a domain of the table afterwards, if there is one. */
void view_render(struct view *v, const struct snapshot *s, const struct rates *r);
void view_free(struct view *v);
/* Select the domain @by places further down. */
void view_move(struct view *v, const struct snapshot *s, const struct rates *r, int by);
/* The key that a letter stands for; SORT_KEYS: none. */
enum sort_key view_sort_letter(int letter);
/* … or a word. */
enum sort_key view_sort_word(const char *word);
/* "id, name, cpu, ..." */
const char *view_sort_words(void);

#endif
